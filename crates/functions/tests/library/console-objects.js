// expected: njs 0.7.9
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
console.log({});
console.log({ a: 1 });
console.log({ a: { b: { c: { d: {} } } } });
console.log([{ a: [{}] }]);
console.log(Object.create(null));
console.log(Object.create({ inherited: 1 }));
console.log(new (function Named() { this.a = 1; })());
console.log(Object.defineProperty({ a: 1 }, 'hidden', { value: 2 }));
console.log({ get a() { return 1; } });
console.log({ set a(v) {} });
console.log({ get a() { return 1; }, set a(v) {} });
console.log({ get a() { throw new Error('not called'); } });
console.log({ [Symbol('s')]: 1 });
console.log({ [Symbol.toStringTag]: 'Tag', });
console.log(Object.create({ [Symbol.toStringTag]: 'Tag' }));
console.log({ toString() { return 'own'; } });
console.log({ toJSON() { return 'own'; } });
console.log({ a: undefined }); console.log({ a: null });
console.log({ 'a b': 1 }); console.log({ '': 1 }); console.log({ 'a:b': 1 });
console.log((function () { return arguments; })(1));
console.log(Math); console.log(JSON); console.log(Promise.resolve(1)); console.log(new ArrayBuffer(2)); console.log(new DataView(new ArrayBuffer(2)));
