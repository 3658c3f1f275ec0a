// expected: njs 0.7.9
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
console.log([]); console.log([1, 2, 3]); console.log([[1], [2, [3]]]);
console.log([1, , 2]); console.log([, 1]); console.log([1, , , 2]); console.log(new Array(1)); console.log(new Array(3));
console.log(Object.assign(new Array(5), { 3: 1 }));
console.log([undefined, null]);
console.log(Object.assign([1, 2], { k: 3 }));
console.log(new Uint8Array([1, 2])); console.log(new Uint8Array(0)); console.log(new Float64Array([1.5, NaN])); console.log(new Int16Array([-1]));
console.log([new Uint8Array([1])]);
console.log(Buffer.from('abc')); console.log([Buffer.alloc(0)]); console.log({ b: Buffer.from('a') });
console.log(Object.freeze([1])); console.log(Array.of(7));
console.log([1, 2].map(String)); console.log('a,b'.split(','));
