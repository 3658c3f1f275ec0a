// expected: njs 0.7.9
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
function parse(text) {
    const date = new Date(text);
    return text + ' -> ' + (isNaN(date.getTime()) ? 'invalid' : date.toISOString());
}
[
    '2024-02-15', '2024-02', '2024', '2024-02-15T09:00:00Z', '2024-02-15T09:00:00', '2024-02-15T09:00:00+09:00',
    '2024-02-15 09:00:00', '2024-02-15 09:00:00Z', '2024-02-15T09:00Z', '2024-02-15T09:00', '2024-02-15T09Z',
    '2024-02-15T09:00:00.123Z', '2024-02-15T09:00:00.1Z', '2024-02-15T09:00:00.1234567Z', '2024-02-15T24:00:00Z',
    '2024-13-01', '2024-02-30', '2024-00-01', '2024-02-15T25:00:00Z', '2024-02-15T09:60:00Z', '2024-02-15T09:00:60Z',
    '+002024-02-15T09:00:00Z', '-000001-01-01T00:00:00Z', '-000000-01-01T00:00:00Z', '+2024-02-15', '2024-2-15',
    '2024/02/15', '02/15/2024', 'Thu, 15 Feb 2024 09:00:00 GMT', '15 Feb 2024 09:00:00 GMT',
    'Thu Feb 15 2024 09:00:00 GMT+0000 (UTC)', 'Thu Feb 15 2024 09:00:00 GMT+0900', 'Thu Feb 15 2024 09:00:00',
    'Thu Feb 15 2024', 'Feb 15 2024', 'Feb 15, 2024', 'Thu, 15 Feb 2024 09:00:00', 'Thu, 15 Feb 2024',
    'Thu, 15 Feb 2024 09:00:00 UTC', 'Thu, 15 Feb 2024 09:00:00 +0900', 'Thu, 15 Feb 2024 09:00:00 GMT+0900',
    'Thu, 15-Feb-2024 09:00:00 GMT', 'Thursday, 15 Feb 2024 09:00:00 GMT', 'thu, 15 feb 2024 09:00:00 gmt',
    'Fri, 15 Feb 2024 09:00:00 GMT', 'Xxx, 15 Feb 2024 09:00:00 GMT', 'Thu, 5 Feb 2024 09:00:00 GMT',
    'Thu, 15 Feb 24 09:00:00 GMT', '', 'abc', ' 2024-02-15', '2024-02-15 ', '2024-02-15T', '2024-02-15Z',
    '2024-02-15t09:00:00z', '1708000000000', '2024-02-15T09:00:00 Z', '20240215', '2024-02-15T09:00:00,5Z', '12',
    '2024-02-15T09:00:00.Z', 'Thu Feb 15 09:00:00 2024', 'Thu, 31 Feb 2024 09:00:00 GMT', 'Thu,15 Feb 2024 09:00:00 GMT',
    'Thu, 15 Feb 2024  09:00:00 GMT', 'Thu, 15 Feb 2024 09:00:00GMT', 'Thu Feb 15 2024 09:00:00 GMT-0130',
    'Thu Feb 15 2024 09:00:00 GMT+09:00', 'Thu Feb 15 2024 09:00:00 UTC', 'Thu Feb 15 2024 09:00:00 GMT+0000 x',
    'Thu, 15 Feb 2024 09:00:00 GMT x', 'Thu, 15 Feb 2024 09:00:00.123 GMT', 'Thu Feb 15 2024 9:00:00 GMT+0000',
].forEach((text) => show(() => parse(text)));
show(() => Date.parse('2024-02-15') + ' ' + Date.parse('x') + ' ' + Date.parse());
show(() => new Date(0).getTime() + ' ' + new Date(-1.9).getTime() + ' ' + new Date(8.64e15 + 1).getTime());
show(() => new Date(null).getTime() + ' ' + new Date(undefined).getTime() + ' ' + new Date(true).getTime());
show(() => new Date(new Date(5)).getTime());
show(() => new Date({ valueOf() { return 5; } }).getTime());
show(() => new Date({ toString() { return '2024-02-15'; } }).getTime());
show(() => new Date([]).getTime() + ' ' + new Date({}).getTime() + ' ' + new Date('5').getTime());
