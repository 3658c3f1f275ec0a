// Lets a request through whose query string has a token, signed with the secret, that is still valid.
import cf from 'cloudfront';
const crypto = require('crypto');

const store = cf.kvs();
const loggingEnabled = false;

function sign(input, key, method) {
    return crypto.createHmac(method, key).update(input).digest('base64url');
}

function equal(one, two) {
    if (one.length != two.length) {
        return false;
    }
    let difference = 0;
    for (let i = 0; i < one.length; i++) {
        difference |= one.charCodeAt(i) ^ two.charCodeAt(i);
    }
    return difference === 0;
}

function decode(token, key) {
    if (!token) {
        throw new Error('No token supplied');
    }
    const segments = token.split('.');
    if (segments.length !== 3) {
        throw new Error('Not enough or too many segments');
    }
    const payload = JSON.parse(Buffer.from(segments[1], 'base64url').toString());
    const expected = sign([segments[0], segments[1]].join('.'), key, 'sha256');
    if (!equal(segments[2], expected)) {
        throw new Error('Signature verification failed');
    }
    if (payload.nbf && Date.now() < payload.nbf * 1000) {
        throw new Error('Token not yet active');
    }
    if (payload.exp && Date.now() > payload.exp * 1000) {
        throw new Error('Token expired');
    }
    return payload;
}

function log(message) {
    if (loggingEnabled) {
        console.log(message);
    }
}

async function handler(event) {
    let request = event.request;
    const secret = await getSecret();
    if (!secret) {
        return { statusCode: 401, statusDescription: 'Unauthorized' };
    }
    const jwt = request.querystring.jwt && request.querystring.jwt.value;
    try {
        decode(jwt, secret);
    } catch (e) {
        log(e);
        return { statusCode: 401, statusDescription: 'Unauthorized' };
    }
    delete request.querystring.jwt;
    log('Valid JWT token');
    return request;
}

async function getSecret() {
    try {
        return await store.get('jwt.secret');
    } catch (err) {
        log(`Error when fetching secret: ${err}`);
        return null;
    }
}
