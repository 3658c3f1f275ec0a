// expected: njs 0.7.9
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
console.log(function named() {}); console.log(function () {}); console.log(() => 1); console.log(async () => 1);
console.log(Math.max); console.log(Array);
console.log(Object.defineProperty(function f() {}, 'name', { value: '' }));
console.log({ f() {} });
console.log(new Error('x')); console.log(new TypeError('')); console.log(new RangeError()); console.log([new Error('x')]); console.log({ e: new SyntaxError('s') });
console.log(Object.assign(new Error('x'), { name: 'Mine' })); console.log(Object.assign(new Error('x'), { code: 1 }));
console.log(new Date(0)); console.log([new Date(5)]); console.log(new Date(NaN)); console.log({ d: new Date(1e12) });
console.log(/x/gi); console.log([/a\/b/]);
console.log(Object.create(Date.prototype)); console.log(Object.create(Array.prototype)); console.log(Object.create(Error.prototype));
