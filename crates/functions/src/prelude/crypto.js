// The module crypto [D R20]: hashes and HMACs of MD5, SHA-1 and SHA-256. What `update` is given is collected,
// and hashed when `digest` asks for it: a memory image can't hold the state of a native hash.
// Loaded on demand.
(function (host, internal) {
    'use strict';

    internal.load('prelude/bytes.js');
    const {
        defineAll, newList, newPrivates, isObject, isView, typeName, bytesOf, Error, TypeError, Uint8Array, decodeText,
        encodeBytes, byteString, create,
    } = internal;
    const {
        bufferSlice, bufferByteLength, typedArraySet, typedArrayBuffer,
    } = internal.uncurried('bufferSlice', 'bufferByteLength', 'typedArraySet', 'typedArrayBuffer');

    const algorithms = { __proto__: null, md5: true, sha1: true, sha256: true };
    const digestEncodings = { __proto__: null, hex: true, base64: true, base64url: true };
    const states = newPrivates();

    const checkedAlgorithm = (name) => {
        if (typeof name !== 'string') {
            throw new TypeError('algorithm must be a string');
        }
        if (algorithms[name] === undefined) {
            throw new TypeError('not supported algorithm: "' + name + '"');
        }
        return name;
    };

    /** Text of the wording of njs 0.7, which is what runtime 2.0 is nearest to [P]. */
    const notBufferLike = (what, value) => {
        const type = isObject(value) && bytesOf(value) !== undefined ? 'array buffer' : typeName(value);
        return new TypeError(what + ' argument "' + type + '" is not a string or Buffer-like object');
    };

    /** A copy of the bytes of a string or a view. An ArrayBuffer alone is refused [E]. */
    const copyOf = (value, encoding, what) => {
        if (typeof value === 'string') {
            return decodeText(value, encoding);
        }
        if (!isObject(value) || !isView(value)) {
            throw notBufferLike(what, value);
        }
        const bytes = bytesOf(value);
        return bufferSlice(bytes.buffer, bytes.offset, bytes.offset + bytes.length);
    };

    const joined = (parts) => {
        if (parts.length === 1) {
            return parts[0];
        }
        let size = 0;
        for (let i = 0; i < parts.length; i += 1) {
            size += bufferByteLength(parts[i]);
        }
        const whole = new Uint8Array(size);
        for (let i = 0, at = 0; i < parts.length; i += 1) {
            typedArraySet(whole, new Uint8Array(parts[i]), at);
            at += bufferByteLength(parts[i]);
        }
        return typedArrayBuffer(whole);
    };

    const stateOf = (object, kind) => {
        const state = isObject(object) ? states.get(object) : undefined;
        if (state === undefined || state.kind !== kind) {
            throw new TypeError('"this" is not a ' + kind + ' object');
        }
        if (state.isDone) {
            throw new Error('Digest already called');
        }
        return state;
    };

    const update = (object, kind, data, encoding) => {
        const state = stateOf(object, kind);
        const bytes = copyOf(data, encoding, 'data');
        state.parts[state.parts.length] = bytes;
        return object;
    };

    const checkedEncoding = (encoding) => {
        if (encoding !== undefined && typeof encoding !== 'string') {
            throw new TypeError('encoding must be a string');
        }
        if (encoding !== undefined && digestEncodings[encoding] === undefined) {
            throw new TypeError('Unknown digest encoding: "' + encoding + '"');
        }
        return encoding;
    };

    const encoded = (buffer, encoding) => {
        const length = bufferByteLength(buffer);
        if (encoding !== undefined) {
            return encodeBytes({ __proto__: null, buffer, offset: 0, length }, encoding);
        }
        // A byte string in runtime 1.0, a Buffer in 2.0 [D RF].
        return internal.isRuntime1 ? byteString(buffer) : internal.load('prelude/buffer.js').wrap(buffer, 0, length);
    };

    const digest = (object, kind, givenEncoding) => {
        const state = stateOf(object, kind);
        const encoding = checkedEncoding(givenEncoding);
        state.isDone = true;
        const data = joined(state.parts);
        state.parts = newList();
        const isHash = state.key === undefined;
        return encoded(isHash ? host.hash(state.algorithm, data) : host.hmac(state.algorithm, state.key, data), encoding);
    };

    const kindPrototype = (kind, tag) => {
        const prototype = defineAll(create(internal.Object.prototype), {
            __proto__: null,
            update(data, encoding) { return update(this, kind, data, encoding); },
            digest(encoding) { return digest(this, kind, encoding); },
        });
        internal.defineNative(prototype, internal.Symbol.toStringTag, { __proto__: null, value: tag, configurable: true });
        internal.setLengths(prototype, { __proto__: null, update: 1, digest: 0 });
        return prototype;
    };

    const hashPrototype = kindPrototype('hash', 'Hash');
    const hmacPrototype = kindPrototype('hmac', 'Hmac');

    const begin = (prototype, kind, algorithm, key) => {
        const object = create(prototype);
        states.set(object, { __proto__: null, kind, algorithm, key, parts: newList(), isDone: false });
        return object;
    };

    const crypto = {};
    defineAll(crypto, {
        __proto__: null,
        createHash(algorithm) { return begin(hashPrototype, 'hash', checkedAlgorithm(algorithm), undefined); },
        createHmac(algorithm, key) {
            const name = checkedAlgorithm(algorithm);
            return begin(hmacPrototype, 'hmac', name, copyOf(key, 'utf8', 'key'));
        },
    });
    return { __proto__: null, module: internal.asModule(crypto, 'crypto') };
})
