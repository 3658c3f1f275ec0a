// expected: njs 0.7.9
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
const decoder = new TextDecoder();
show(() => decoder.decode(new Uint8Array([0xe2]), { stream: true }).length);
show(() => decoder.decode(new Uint8Array([0x82]), { stream: true }).length);
show(() => decoder.decode(new Uint8Array([0xac]), { stream: true }));
show(() => decoder.decode(new Uint8Array([0xf0, 0x9f]), { stream: true }).length);
show(() => decoder.decode(new Uint8Array([0x98, 0x80, 0x61])));
show(() => decoder.decode(new Uint8Array([0x61, 0xc3]), { stream: true }));
show(() => decoder.decode(new Uint8Array([0xa9])));
show(() => decoder.decode(new Uint8Array([0x62])));
