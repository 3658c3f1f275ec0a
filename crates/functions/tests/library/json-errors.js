// expected: njs 0.7.9
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
['', ' ', '{', '[', '{"a"', '{"a":', '{"a":1', '{"a":1,', '{"a":1,}', '[1', '[1,', '[1,]', '[,1]', '{,}', 'x', 'tru', 'truX', 'true1', 'nul', 'fals', '1 2', '{}x', '[]]', '"abc', '"a\nb"', '"a\tb"', '"\\x"', '"\\', '"\\u12"', '"\\u12g4"', '"\\u', '-', '-x', '1e', '1e+', '1ex', '+1', "'a'", "{'a':1}", '{a:1}', '{1:1}', 'undefined', 'NaN', 'Infinity', '/**/1', '[1 2]', '{"a" 1}', '{"a":1 "b":2}', '{"a":}', '{"a":1,,}', '[[[[', '  [1, x]', '{"é": x}', '"é" x', '"😀" x', '\u00a01', '\ufeff1', '1\u000b', '{"a":1}}', '--1', '0x10', '1_000', '\u2028'].forEach((text) => {
    show(() => JSON.stringify(text) + ' ' + JSON.stringify(JSON.parse(text)));
});
show(() => JSON.parse());
show(() => JSON.parse(null));
show(() => JSON.parse({}));
show(() => JSON.parse([1]));
show(() => JSON.parse([]));
show(() => JSON.parse(Symbol('x')));
show(() => JSON.parse({ toString() { return '{"a":1}'; } }).a);
show(() => JSON.parse(Buffer.from('{"a":2}')).a);
show(() => JSON.parse(Buffer.from('{"a":')));
show(() => JSON.parse({ toString() { throw new Error('mine'); } }));
