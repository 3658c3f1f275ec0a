// cf.cwt: CBOR web tokens (RFC 8392) with a COSE_Mac0 structure (RFC 8152) of HMAC-SHA256 [D CW]. The claims are
// not judged: a token that has expired is valid [D CW]. The texts of the errors are our own, as AWS's aren't known.
// Loaded on demand.
(function (host, internal) {
    'use strict';

    internal.load('prelude/bytes.js');
    const {
        bytesOf, Error, hasOwn, isArray, isObject, put, toArray, TypeError, Uint8Array,
    } = internal;
    const { bufferByteLength, bufferSlice } = internal.uncurried('bufferByteLength', 'bufferSlice');
    const { isUint8Array, textOrBytes, wrap: wrapBuffer } = internal.load('prelude/buffer.js');

    const cbor = internal.load('prelude/cbor.js');

    /** The longest token [D CW]. */
    const MAX_TOKEN_BYTES = 1024;

    const CWT_TAG = 61;
    const MAC0_TAG = 17;
    const ALGORITHM = '1';
    const HMAC_256 = 5;
    /** AWS's page has it in its example, though it names HS256 alone: the same, cut to 8 bytes. */
    const HMAC_256_64 = 4;
    const SHORT_TAG_BYTES = 8;

    const refuse = (reason) => { throw new Error('CWT: ' + reason); };

    const list = (...items) => toArray(items);

    const bufferOf = (value, what) => {
        const bytes = textOrBytes(value, 'utf8');
        if (bytes === undefined) {
            throw new TypeError('CWT: the ' + what + ' must be a string or a Buffer');
        }
        return bufferSlice(bytes.buffer, bytes.offset, bytes.offset + bytes.length);
    };

    const keyOf = (context) => {
        if (!isObject(context)) {
            throw new TypeError('CWT: the context must be an object with a key');
        }
        return bufferOf(context.key, 'key');
    };

    /** The code over the structure of RFC 8152, 6.3. */
    const macOf = (key, protectedHeaders, payload, algorithm) => {
        const empty = wrapBuffer(bufferOf('', 'text'), 0, 0);
        const structure = cbor.encode(list('MAC0', protectedHeaders, empty, payload), undefined);
        const mac = host.hmac('sha256', key, structure);
        return algorithm === HMAC_256_64 ? bufferSlice(mac, 0, SHORT_TAG_BYTES) : mac;
    };

    const constantTimeEqual = (left, right) => {
        const a = new Uint8Array(left);
        const b = new Uint8Array(right);
        let difference = bufferByteLength(left) ^ bufferByteLength(right);
        for (let i = 0; i < bufferByteLength(left); i += 1) {
            difference |= a[i] ^ b[i];
        }
        return difference === 0;
    };

    const isTagged = (item, tag) => isObject(item) && internal.getPrototypeOf(item) === null && item.tag === tag;

    /** The four parts of a token. */
    const partsOf = (token) => {
        const bytes = bytesOf(token);
        if (bytes === undefined) {
            throw new TypeError('CWT: the token must be a Buffer');
        }
        if (bytes.length > MAX_TOKEN_BYTES) {
            refuse('the token has more than 1024 bytes');
        }
        const decoded = cbor.decode(bytes, true);
        const inner = isTagged(decoded, CWT_TAG) ? decoded.item : decoded;
        if (!isTagged(inner, MAC0_TAG)) {
            refuse('the token has no COSE_Mac0 tag');
        }
        const parts = inner.item;
        if (!isArray(parts) || parts.length !== 4 || !isUint8Array(parts[0]) || !isUint8Array(parts[2]) || !isUint8Array(parts[3])) {
            refuse('the token has no COSE_Mac0 structure');
        }
        return parts;
    };

    const algorithmOf = (protectedHeaders) => {
        const headers = bytesOf(protectedHeaders).length === 0 ? {} : cbor.decode(bytesOf(protectedHeaders), false);
        const algorithm = isObject(headers) && hasOwn(headers, ALGORITHM) ? headers[ALGORITHM] : undefined;
        return algorithm === HMAC_256 || algorithm === HMAC_256_64 ? algorithm : refuse('the algorithm is not HS256');
    };

    const validate = (token, context) => {
        const key = keyOf(context);
        const parts = partsOf(token);
        const mac = macOf(key, parts[0], parts[2], algorithmOf(parts[0]));
        if (!constantTimeEqual(mac, bufferOf(parts[3], 'tag'))) {
            refuse('the token is not authentic');
        }
        return cbor.decode(bytesOf(parts[2]), false);
    };

    const wrapped = (buffer) => wrapBuffer(buffer, 0, bufferByteLength(buffer));

    const generate = (payload, context) => {
        const key = keyOf(context);
        if (!isObject(payload)) {
            throw new TypeError('CWT: the payload must be an object');
        }
        const headers = put({}, ALGORITHM, HMAC_256);
        const protectedHeaders = wrapped(cbor.encode(headers, undefined));
        const claims = wrapped(cbor.encode(payload, undefined));
        const mac = wrapped(macOf(key, protectedHeaders, claims, HMAC_256));
        const token = cbor.encode(list(protectedHeaders, {}, claims, mac), MAC0_TAG);
        return bufferByteLength(token) > MAX_TOKEN_BYTES ? refuse('the token has more than 1024 bytes') : wrapped(token);
    };

    const isContext = (value) => isObject(value) && value.key !== undefined;

    return {
        __proto__: null,
        validate,
        // The page gives the context first, its examples give it last [D CW]: both work.
        generate: (first, second) => (isContext(second) ? generate(first, second) : generate(second, first)),
    };
})
