// expected: njs 0.7.9
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
show(() => RegExp('a', Symbol.iterator));
show(() => RegExp(Symbol.iterator));
show(() => new RegExp({ toString() { return 'a+'; } }, { toString() { return 'g'; } }));
show(() => Date.parse(Symbol.iterator));
show(() => Date.parse({ toString() { return '1970-01-01'; } }));
