// expected: by hand: the prelude works whatever a function replaces
import crypto from 'crypto';
import qs from 'querystring';
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
const broken = () => { throw new Error('replaced'); };
['push', 'pop', 'map', 'slice', 'concat', 'join', 'forEach', 'indexOf', 'toString', 'keys', 'values'].forEach((name) => { Array.prototype[name] = broken; });
Array.prototype[Symbol.iterator] = broken;
show(() => { console.log([1, 2, { a: [3] }]); });
show(() => crypto.createHash('md5').update('a').update('b').digest('hex'));
show(() => Buffer.concat([Buffer.from('a'), Buffer.from('b')]).toString());
show(() => JSON.stringify(qs.parse('a=1&a=2&b=3')));
show(() => qs.stringify({ a: ['1', '2'] }));
show(() => JSON.parse('{"a":[1,}'));
show(() => new TextDecoder().decode(new Uint8Array(Buffer.from('x').buffer)));
show(() => undefined.x);
show(() => { const o = {}; o.foo(1); });
