// expected: by hand: the prelude works whatever a function replaces
import crypto from 'crypto';
import qs from 'querystring';
function show(f) { try { console.log(f()); } catch (e) { console.log(e.name + ': ' + e.message); } }
const broken = () => { throw new Error('replaced'); };
Object.getOwnPropertyNames(String.prototype).forEach((name) => { if (name !== 'length' && name !== 'constructor') { String.prototype[name] = broken; } });
String.fromCharCode = broken;
String = broken;
Number = broken;
show(() => { console.log({ a: 'b', c: 1 }); });
show(() => crypto.createHash('md5').update('a').digest('hex'));
show(() => qs.stringify(qs.parse('a=%41&b=+')));
show(() => atob('YQ==') + btoa('a'));
show(() => JSON.parse('{"a" 1}'));
show(() => new Date('2024-02-15').toISOString() + new Date(0));
show(() => undefined.x);
show(() => { nope(); });
show(() => { const o = {}; o.foo(1); });
show(() => new RegExp('('));
show(() => Buffer.from('616', 'hex').length);
