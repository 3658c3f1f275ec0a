// expected: njs 0.7.9
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
const b = Buffer.from([0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x00, 0x00, 0x80, 0x3f]);
const names = ['Int8', 'UInt8', 'Int16LE', 'Int16BE', 'UInt16LE', 'UInt16BE', 'Int32LE', 'Int32BE', 'UInt32LE', 'UInt32BE', 'FloatLE', 'FloatBE', 'DoubleLE', 'DoubleBE'];
names.forEach((name) => {
    show(() => name + ' ' + b['read' + name]() + ' ' + b['read' + name](2));
    show(() => b['read' + name](12));
    show(() => b['read' + name](-1));
});
[1, 2, 3, 4, 5, 6].forEach((n) => {
    show(() => n + ' ' + b.readIntLE(0, n) + ' ' + b.readIntBE(0, n) + ' ' + b.readUIntLE(1, n) + ' ' + b.readUIntBE(1, n));
});
show(() => b.readFloatLE(8));
show(() => b.readIntLE(0, 7));
show(() => b.readIntLE(0));
show(() => b.readUIntBE(10, 3));
show(() => b.readUIntBE(11, 3));
show(() => b.readInt8('1'));
show(() => b.readInt8(1.5));
show(() => b.readInt8(NaN));
show(() => b.readInt8(null));
show(() => b.readInt8(undefined));
show(() => b.readInt8({}));
show(() => b.readInt32LE(9));
show(() => b.readInt8(Infinity));
show(() => Buffer.prototype.readInt8.call({}, 0));
show(() => Buffer.prototype.readInt8.call(new Uint8Array([200]), 0));
show(() => b.readUint8 === undefined);
show(() => b.readBigInt64LE === undefined);
