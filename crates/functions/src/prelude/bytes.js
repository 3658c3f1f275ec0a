// Conversions between text and bytes, which are the host's. Loaded on demand, by the parts that use them.
(function (host, internal) {
    'use strict';

    const {
        defineAll, TypeError, Uint8Array, isArray, isView, isObject,
    } = internal;
    const {
        charCodeAt, typedArrayTag, typedArrayBuffer, typedArrayByteOffset, typedArrayByteLength, bufferByteLength,
        dataViewBuffer, dataViewByteOffset, dataViewByteLength,
    } = internal.uncurried(
        'charCodeAt', 'typedArrayTag', 'typedArrayBuffer', 'typedArrayByteOffset', 'typedArrayByteLength',
        'bufferByteLength', 'dataViewBuffer', 'dataViewByteOffset', 'dataViewByteLength',
    );

    /**
     * What a view, Buffer or ArrayBuffer lies in, as `{buffer, offset, length}` in bytes; `undefined` for
     * anything else. The only test of an ArrayBuffer's kind that can't be tampered with is its getter.
     */
    const bytesOf = (value) => {
        if (!isObject(value)) {
            return undefined;
        }
        if (isView(value)) {
            if (typedArrayTag(value) === undefined) {
                return {
                    __proto__: null, buffer: dataViewBuffer(value),
                    offset: dataViewByteOffset(value), length: dataViewByteLength(value),
                };
            }
            return {
                __proto__: null, buffer: typedArrayBuffer(value),
                offset: typedArrayByteOffset(value), length: typedArrayByteLength(value),
            };
        }
        const length = internal.attempt(bufferByteLength, value);
        return length === undefined ? undefined : { __proto__: null, buffer: value, offset: 0, length };
    };

    /** Decoders of the four encodings of [D R20]: text to ArrayBuffer. */
    const decoders = {
        __proto__: null,
        'utf8': (text) => host.utf8Encode(text),
        'utf-8': (text) => host.utf8Encode(text),
        'hex': (text) => host.hexDecode(text),
        'base64': (text) => host.base64Decode(text),
        'base64url': (text) => host.base64Decode(text),
    };

    /** Encoders of the same: bytes to text. */
    const encoders = {
        __proto__: null,
        'utf8': (buffer, offset, length) => host.utf8Decode(buffer, offset, length, false),
        'utf-8': (buffer, offset, length) => host.utf8Decode(buffer, offset, length, false),
        'hex': (buffer, offset, length) => host.hexEncode(buffer, offset, length),
        'base64': (buffer, offset, length) => host.base64Encode(buffer, offset, length, false),
        'base64url': (buffer, offset, length) => host.base64Encode(buffer, offset, length, true),
    };

    /** The name of an encoding, checked as njs checks it: case matters, `undefined` is utf8 [E]. */
    const encodingName = (encoding) => {
        if (encoding === undefined) {
            return 'utf8';
        }
        if (typeof encoding !== 'string') {
            throw new TypeError('encoding must be a string');
        }
        if (decoders[encoding] === undefined) {
            throw new TypeError('"' + encoding + '" encoding is not supported');
        }
        return encoding;
    };

    const decodeText = (text, encoding) => decoders[encodingName(encoding)](text);
    const encodeBytes = (bytes, encoding) => encoders[encoding](bytes.buffer, bytes.offset, bytes.length);

    defineAll(internal, { __proto__: null, bytesOf, encodingName, decodeText, encodeBytes, encodings: decoders });

    /** A string of one character for each byte, which is what atob gives and what runtime 1.0 calls a byte string. */
    const byteString = (buffer) => {
        const bytes = new Uint8Array(buffer);
        const length = bufferByteLength(buffer);
        let text = '';
        for (let i = 0; i < length; i += 1) {
            text += internal.fromCharCode(bytes[i]);
        }
        return text;
    };

    /** The bytes of such a string; `undefined` if a character is none. */
    const bytesOfByteString = (text) => {
        const bytes = new Uint8Array(text.length);
        for (let i = 0; i < text.length; i += 1) {
            const code = charCodeAt(text, i);
            if (code > 255) {
                return undefined;
            }
            bytes[i] = code;
        }
        return typedArrayBuffer(bytes);
    };

    /** The name that njs gives to a value's type in its messages [E]. */
    const typeName = (value) => {
        if (value === null) {
            return 'null';
        }
        return isArray(value) ? 'array' : typeof value;
    };

    /** What belongs to an object and can't be seen in it. It is set once for an object, before the function has that. */
    const newPrivates = () => {
        class Holder extends function (object) { return object; } {
            #value;

            constructor(object, value) {
                super(object);
                this.#value = value;
            }

            static get(object) { return #value in object ? object.#value : undefined; }
        }
        return { __proto__: null, get: Holder.get, set: (object, value) => { new Holder(object, value); } };
    };

    defineAll(internal, { __proto__: null, byteString, bytesOfByteString, typeName, newPrivates });

    return true;
})
