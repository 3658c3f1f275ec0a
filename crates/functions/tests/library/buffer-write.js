// expected: njs 0.7.9
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
const names = ['Int8', 'UInt8', 'Int16LE', 'Int16BE', 'UInt16LE', 'UInt16BE', 'Int32LE', 'Int32BE', 'UInt32LE', 'UInt32BE', 'FloatLE', 'FloatBE', 'DoubleLE', 'DoubleBE'];
names.forEach((name) => {
    const b = Buffer.alloc(10);
    show(() => name + ' ' + b['write' + name](1, 0) + ' ' + b['write' + name](-2.5, 2) + ' ' + b.toString('hex'));
    show(() => b['write' + name](1, 10));
    show(() => b['write' + name](1, -1));
    show(() => b['write' + name](70000, 1) + ' ' + b.toString('hex'));
});
[1, 2, 3, 4, 5, 6].forEach((n) => {
    const b = Buffer.alloc(12);
    show(() => n + ' ' + b.writeIntLE(-2, 0, n) + ' ' + b.writeIntBE(258, 6, n) + ' ' + b.toString('hex'));
    show(() => n + ' ' + b.writeUIntLE(4294967298, 0, n) + ' ' + b.writeUIntBE(513, 6, n) + ' ' + b.toString('hex'));
});
show(() => Buffer.alloc(4).writeIntLE(1, 0, 7));
show(() => Buffer.alloc(4).writeIntLE(1, 0));
show(() => Buffer.alloc(4).writeIntLE(1, 2, 3));
show(() => { const b = Buffer.alloc(4); b.writeInt8('5'); return b.toString('hex'); });
show(() => { const b = Buffer.alloc(4); b.writeInt8(); return b.toString('hex'); });
show(() => { const b = Buffer.alloc(4); b.writeInt8(NaN, 1); return b.toString('hex'); });
