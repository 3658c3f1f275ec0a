// expected: by hand: a global that is loaded when it is first looked at can't be told from any other
const named = (start) => globalThis[start + 'fer'];
const show = (f) => { try { console.log(f()); } catch (e) { console.log(String(e)); } };
const D = 'Da' + 'te';
const A = 'at' + 'ob';
const E = 'TextEn' + 'coder';
show(() => D in globalThis && globalThis.hasOwnProperty(A) && !globalThis.propertyIsEnumerable(E));
show(() => { globalThis[A] = 5; return globalThis[A]; });
show(() => { const o = Object.create(globalThis); o[E] = 6; return o[E] + typeof globalThis[E]; });
show(() => delete globalThis[E] && typeof globalThis[E]);
show(() => { Object.freeze(globalThis); return globalThis[D] === globalThis[D] && typeof globalThis[D].now(); });
show(() => { globalThis[D] = 1; });
show(() => globalThis[D] === Object.getPrototypeOf(new globalThis[D](0)).constructor);
show(() => Object.getOwnPropertyNames(globalThis).indexOf(D) > 0);
show(() => Object.isFrozen(globalThis));
