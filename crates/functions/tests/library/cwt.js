// expected: by hand: RFC 8392, A.4 (the MACed token), and [D CW]
import cf from 'cloudfront';
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
const key = Buffer.from('403697de87af64611c1d32a05dab0fe1fcb715a86ab435f1ec99192d79569388', 'hex');
const rfc = Buffer.from('d83dd18443a10104a1044c53796d6d65747269633235365850a70175636f61703a2f2f61732e6578616d706c652e636f6d02656572696b77037818636f61703a2f2f6c696768742e6578616d706c652e636f6d041a5612aeb0051a5610d9f0061a5610d9f007420b7148093101ef6d789200', 'hex');
show(() => JSON.stringify(cf.cwt.validateToken(rfc, { key })));
show(() => cf.cwt.validateToken(rfc, { key: 'other' }));
show(() => { const changed = Buffer.from(rfc); changed[40] ^= 1; return cf.cwt.validateToken(changed, { key }); });
const payload = { iss: 'https://iss.example.com', 4: 1444064944, list: [1, -2, 1.5, true, null, 'é'], b: Buffer.from('ab'), nested: { 1: 'x' } };
const token = cf.cwt.generateToken(payload, { key: 'secret' });
show(() => Buffer.isBuffer(token) + ' ' + token.toString('hex'));
show(() => JSON.stringify(cf.cwt.validateToken(token, { key: 'secret' })));
show(() => cf.cwt.generateToken({ key: 'secret' }, payload).equals(token));
show(() => cf.cwt.validateToken(Buffer.from(token.toString('base64url'), 'base64url'), { key: Buffer.from('secret') }).iss);
show(() => cf.cwt.validateToken(token.subarray(1), { key: 'secret' }));
show(() => cf.cwt.validateToken(token.subarray(0, 20), { key: 'secret' }));
show(() => cf.cwt.validateToken(Buffer.alloc(1025), { key: 'secret' }));
show(() => cf.cwt.validateToken('text', { key: 'secret' }));
show(() => cf.cwt.validateToken(token));
show(() => cf.cwt.validateToken(token, {}));
show(() => cf.cwt.generateToken({ text: 'x'.repeat(1024) }, { key: 'secret' }));
show(() => cf.cwt.generateToken({ f() {} }, { key: 'secret' }));
show(() => { const p = {}; p.p = p; return cf.cwt.generateToken(p, { key: 'secret' }); });
