// expected: by hand: the prelude works whatever a function replaces
// store: {"k":"v"}
import crypto from 'crypto';
import qs from 'querystring';
import cf from 'cloudfront';
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
const trap = { get() { throw new Error('read'); }, set() { throw new Error('written'); }, configurable: true };
['0', '1', 'value', 'get', 'set', 'writable', 'enumerable', 'configurable', 'buffer', 'offset', 'state', 'json', 'parts', 'a', 'b', 'x', 'name', 'property', 'originId', 'fatal', 'stream', 'then'].forEach((name) => {
    try { Object.defineProperty(Object.prototype, name, trap); } catch (e) { Object.prototype.__proto__; }
});
show(() => { console.log([1, { c: 2 }]); });
show(() => crypto.createHash('md5').update('a').digest('hex'));
show(() => Buffer.from('abc').toString('base64'));
show(() => JSON.stringify(Buffer.from('ab')));
show(() => qs.stringify(qs.parse('a=1&a=2')));
show(() => JSON.parse('[1'));
show(() => new TextEncoder().encodeInto('a', new Uint8Array(3)).written);
show(() => cf.selectRequestOriginById('id'));
show(() => typeof cf.kvs());
show(() => [3, 1, 2].concat([4]).length);
function handler(event) {
    return event.request;
}
