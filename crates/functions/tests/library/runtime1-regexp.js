// expected: by hand: regular expressions work in runtime 1.0 as in 2.0
// runtime: 1.0
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
show(function () { return 'aaa'.replace(/a/g, 'b') + ' ' + 'aaa'.replace(/a/, 'b') + ' ' + 'a-b'.split(/-/).length; });
show(function () { return 'abab'.match(/b/g).length + ' ' + 'abab'.search(/b/) + ' ' + /(?<x>b)/.exec('ab').groups.x; });
show(function () { return [1, 2, 3].map(function (x) { return x * 2; }).join(); });
show(function () { return new Uint8Array([1, 2]).length + ' ' + JSON.stringify({ a: [1] }); });
