// expected: njs 0.7.9
import crypto from 'crypto';
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
const mac = (name, key, data, encoding) => crypto.createHmac(name, key).update(data).digest(encoding);
show(() => mac('md5', 'k', 'a', 'hex'));
show(() => mac('sha1', 'k', 'a', 'hex'));
show(() => mac('sha256', 'k', 'a', 'hex'));
show(() => mac('sha256', 'k', 'a', 'base64url'));
show(() => mac('sha256', '', 'a', 'hex'));
show(() => mac('sha256', 'k'.repeat(200), 'a', 'hex'));
show(() => mac('sha256', Buffer.from('k'), Buffer.from('a'), 'hex'));
show(() => mac('sha256', new Uint8Array([107]), 'a', 'hex'));
show(() => mac('sha256', new Uint8Array([107]).buffer, 'a', 'hex'));
show(() => Buffer.isBuffer(mac('sha256', 'k', 'a')) + ' ' + mac('sha256', 'k', 'a').length);
show(() => crypto.createHmac('sha256', 'k').digest('hex'));
show(() => crypto.createHmac('sha512', 'k'));
show(() => crypto.createHmac());
show(() => crypto.createHmac('sha256'));
show(() => crypto.createHmac('sha256', 1));
show(() => crypto.createHmac('sha256', null));
show(() => crypto.createHmac('sha256', {}));
show(() => mac('sha256', 'k', 1));
show(() => mac('sha256', 'k', 'a', 'latin1'));
show(() => { const h = crypto.createHmac('md5', 'k'); h.update('a'); h.digest(); return h.update('b'); });
show(() => { const h = crypto.createHmac('md5', 'k'); h.update('a'); h.digest(); return h.digest(); });
show(() => { const h = crypto.createHmac('md5', 'k'); return h.update('a').update('b') === h; });
show(() => crypto.createHash('md5').update.call(crypto.createHmac('md5', 'k'), 'a'));
