// expected: by hand: globals that a function replaces are its own affair
import crypto from 'crypto';
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
Uint8Array = ArrayBuffer = DataView = Array = Object = Symbol = Math = undefined;
show(() => { console.log([1, { a: 2 }]); });
show(() => Buffer.from('abc').toString('hex') + ' ' + Buffer.alloc(2).length);
show(() => crypto.createHmac('sha1', 'k').update('a').digest('base64'));
show(() => new Date(0).toISOString());
show(() => undefined.x);
show(() => [1, 2].concat(3).map((x) => x + 1).join());
Buffer = undefined;
show(() => crypto.createHash('md5').digest().length);
