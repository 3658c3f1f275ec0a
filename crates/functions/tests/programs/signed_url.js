import crypto from 'crypto';
import qs from 'querystring';

const KEYS = { k1: 'c2VjcmV0', k2: 'b3RoZXI=' };
const MAX_AGE = 7 * 24 * 60 * 60;

const deny = reason => ({
    statusCode: 403,
    statusDescription: 'Forbidden',
    headers: { 'x-reason': { value: reason } },
});

function valueOf(request, name) {
    const field = request.querystring[name];
    return field ? field.value : null;
}

function handler(event) {
    const request = event.request;
    const key = KEYS[valueOf(request, 'key') ?? 'k1'];
    const expires = parseInt(valueOf(request, 'expires'), 10);
    const now = Math.floor(Date.now() / 1e3);

    if (!key || isNaN(expires)) return deny('parameters');
    if (expires < now || expires - now > MAX_AGE) return deny('expired');

    const hmac = crypto.createHmac('sha256', Buffer.from(key, 'base64'));
    hmac.update(`${request.method}\n${request.uri}\n${expires}`);
    if (hmac.digest('hex') !== valueOf(request, 'signature')) {
        return deny('signature');
    }
    ['key', 'expires', 'signature'].forEach(name => { delete request.querystring[name]; });
    request.headers['x-query'] = { value: qs.stringify({ a: 1, b: [2, 3] }) };
    return request;
}
