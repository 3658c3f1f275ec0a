// expected: njs 0.7.9
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
const encoder = new TextEncoder();
show(() => encoder.encoding);
show(() => encoder.encode('é€😀').join());
show(() => encoder.encode().length);
show(() => encoder.encode('').length);
show(() => encoder.encode(undefined).length);
show(() => encoder.encode(null).join());
show(() => encoder.encode(12).join());
show(() => encoder.encode('\ud800a').join());
show(() => Object.prototype.toString.call(encoder.encode('a')));
show(() => encoder.encode('a') instanceof Uint8Array);
show(() => Buffer.isBuffer(encoder.encode('a')));
show(() => JSON.stringify(encoder.encodeInto('abc', new Uint8Array(2))));
show(() => JSON.stringify(encoder.encodeInto('é€😀', new Uint8Array(6))));
show(() => JSON.stringify(encoder.encodeInto('😀', new Uint8Array(4))));
show(() => JSON.stringify(encoder.encodeInto('', new Uint8Array(4))));
show(() => { const bytes = new Uint8Array(5); encoder.encodeInto('é€', bytes); return bytes.join(); });
show(() => encoder.encodeInto('a'));
show(() => encoder.encodeInto('a', new Uint16Array(1)));
show(() => encoder.encodeInto('a', []));
show(() => TextEncoder());
show(() => TextEncoder.name + ' ' + TextEncoder.length);
show(() => encoder.encode.name + ' ' + encoder.encode.length + ' ' + encoder.encodeInto.length);
show(() => encoder.encode(Symbol('x')));
