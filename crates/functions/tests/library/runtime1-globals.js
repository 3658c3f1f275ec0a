// expected: by hand: runtime 1.0 [D R10, RF]
// runtime: 1.0
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
show(() => Object.getOwnPropertyNames(globalThis).filter((name) => name !== 'show').sort().join(' '));
show(() => Object.getOwnPropertyNames(Promise).sort().join(' '));
show(() => Object.getOwnPropertyNames(String.prototype).sort().join(' '));
show(() => Object.getOwnPropertyNames(Object.getPrototypeOf(Uint8Array)).sort().join(' '));
show(() => Buffer);
show(() => atob('YQ=='));
show(() => require('buffer'));
show(() => require('cloudfront'));
show(() => 'a'.replaceAll('a', 'b'));
show(() => Promise.all([]));
show(() => eval('1'));
