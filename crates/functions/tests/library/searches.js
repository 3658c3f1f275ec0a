// expected: njs 0.7.9
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
show(() => ['a/x/'.includes(/x/), '/x/a'.startsWith(/x/), 'a/x/'.endsWith(/x/), 'abc'.startsWith('b', 1), 'abc'.endsWith('b', 2), 'abc'.endsWith('c', undefined), 'null'.includes(null)].join());
show(() => 'abc'.includes(Object.create(null)));
show(() => 'abc'.endsWith({ toString() { throw new Error('x'); } }));
show(() => String.prototype.includes.call(null, 'a'));
show(() => String.prototype.startsWith.call(undefined, 'a'));
show(() => 'aXa'.lastIndexOf('a', NaN) + ' ' + 'aXa'.lastIndexOf('a', -1) + ' ' + 'abc'.lastIndexOf('') + ' ' + 'abc'.indexOf('', 9));
