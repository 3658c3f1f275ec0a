// expected: njs 0.7.9
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
console.log(1); console.log(-0); console.log(1.5); console.log(1e21); console.log(1e-7); console.log(NaN); console.log(-Infinity);
console.log(true); console.log(null); console.log(undefined); console.log(Symbol('x')); console.log(Symbol());
console.log([1, -0, 1e21, NaN, Infinity]);
console.log([true, false, null, undefined]);
console.log([Symbol('x'), Symbol.iterator]);
console.log(Object(5)); console.log(Object(-0)); console.log(Object(true)); console.log(Object(Symbol('q')));
console.log([Object(5), Object(false)]);
