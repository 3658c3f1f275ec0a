// expected: njs 0.7.9
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
const date = new Date(Date.UTC(2024, 1, 29, 23, 59, 58, 999));
show(() => [date.getFullYear(), date.getMonth(), date.getDate(), date.getDay(), date.getHours(), date.getMinutes(), date.getSeconds(), date.getMilliseconds()].join());
show(() => [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate(), date.getUTCDay(), date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds(), date.getUTCMilliseconds()].join());
show(() => date.getTimezoneOffset() + ' ' + new Date(NaN).getTimezoneOffset());
const d = new Date(0);
show(() => d.setFullYear(2024, 1, 29));
show(() => d.setMonth(12));
show(() => d.setDate(0));
show(() => d.setHours(25));
show(() => d.setMinutes(61, 1));
show(() => d.setSeconds(61));
show(() => d.setMilliseconds(1001));
show(() => d.setTime(5));
show(() => d.setUTCHours(NaN));
show(() => Date.UTC(2024) + ' ' + Date.UTC() + ' ' + Date.UTC(99, 0) + ' ' + Date.UTC(2024, 13));
show(() => new Date(99, 0).toISOString() + ' ' + new Date(2024, 1).toISOString());
show(() => new Date(2024, 1, 30, 25, 61, 61, 1001).toISOString());
show(() => new Date(2024, 'x').getTime());
show(() => Date.name + Date.length + Date.UTC.length + Date.now.length + Date.prototype.setHours.length + Date.prototype.getHours.name);
show(() => Date.prototype.constructor === Date && date instanceof Date);
show(() => Date.prototype.getYear === undefined && Date.prototype.toGMTString === undefined && Date.prototype.setYear === undefined);
show(() => Object.getOwnPropertyNames(new Date(0)).length);
