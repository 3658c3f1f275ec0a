// expected: by hand: the prelude works whatever a function replaces
import crypto from 'crypto';
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
const broken = () => { throw new Error('replaced'); };
const typed = Object.getPrototypeOf(Uint8Array.prototype);
['set', 'fill', 'slice', 'subarray', 'copyWithin', 'join', 'indexOf', 'toString'].forEach((name) => { typed[name] = broken; });
['length', 'buffer', 'byteLength', 'byteOffset', Symbol.toStringTag].forEach((name) => { Object.defineProperty(typed, name, { get: broken }); });
Object.defineProperty(ArrayBuffer.prototype, 'byteLength', { get: broken });
ArrayBuffer.prototype.slice = broken;
ArrayBuffer.isView = broken;
typed[Symbol.iterator] = broken;
const b = Buffer.from('abc');
show(() => b.toString('hex') + ' ' + b.equals(Buffer.from('abc')) + ' ' + b.indexOf('c') + ' ' + b.readUInt16BE(0));
show(() => Buffer.concat([b, b]).toString());
show(() => { console.log(b); });
show(() => { console.log(new Uint8Array([1])); });
show(() => crypto.createHash('md5').update(b).digest('hex'));
show(() => new TextDecoder().decode(b));
show(() => Buffer.prototype.slice.call(b, 1).toString());
show(() => Buffer.alloc(3, 'ab').toString() + Buffer.byteLength(b));
