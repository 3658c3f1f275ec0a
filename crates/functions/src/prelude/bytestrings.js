// The byte strings of runtime 1.0 [D RF]: strings of which each character is a byte. Runtime 2.0 has Buffer instead;
// these methods aren't in it.
(function (host, internal) {
    'use strict';

    if (!internal.isRuntime1) {
        return;
    }

    internal.load('prelude/bytes.js');
    const {
        defineAll, setLengths, isArray, trunc, max, min, slice, String, TypeError, byteString, bytesOfByteString,
        Uint8Array, decodeText,
    } = internal;
    const { bufferByteLength, typedArrayBuffer } = internal.uncurried('bufferByteLength', 'typedArrayBuffer');

    const requireText = (value) => {
        if (value === undefined || value === null) {
            throw new TypeError('cannot convert undefined to object');
        }
        return String(value);
    };

    const place = (value, fallback, length) => {
        const at = value === undefined ? fallback : trunc(+value) || 0;
        return at < 0 ? max(0, length + at) : min(at, length);
    };

    const part = (text, start, end) => slice(text, place(start, 0, text.length), place(end, text.length, text.length));

    const requireBytes = (text) => {
        const buffer = bytesOfByteString(text);
        if (buffer === undefined) {
            throw new TypeError('argument must be a byte string');
        }
        return buffer;
    };

    const fromElements = (elements) => {
        const bytes = new Uint8Array(elements.length);
        for (let i = 0; i < elements.length; i += 1) {
            bytes[i] = elements[i];
        }
        return byteString(typedArrayBuffer(bytes));
    };

    const encodings = { __proto__: null, hex: true, base64: true, base64url: true };

    defineAll(String, {
        __proto__: null,
        bytesFrom(source, encoding) {
            if (isArray(source)) {
                return fromElements(source);
            }
            if (typeof source !== 'string') {
                throw new TypeError('value must be a string or array');
            }
            if (encodings[encoding] === undefined) {
                throw new TypeError('Unknown encoding: "' + String(encoding) + '"');
            }
            return byteString(decodeText(source, encoding));
        },
    });

    defineAll(String.prototype, {
        __proto__: null,
        // Each byte is the character of its own number already.
        fromBytes(start, end) { return part(requireText(this), start, end); },
        fromUTF8(start, end) {
            const buffer = requireBytes(part(requireText(this), start, end));
            const text = host.utf8Decode(buffer, 0, bufferByteLength(buffer), true);
            return text === undefined ? null : text;
        },
        toBytes(start, end) {
            const text = part(requireText(this), start, end);
            return bytesOfByteString(text) === undefined ? null : text;
        },
        toUTF8(start, end) { return byteString(host.utf8Encode(part(requireText(this), start, end))); },
    });
    setLengths(String, { __proto__: null, bytesFrom: 0 });
    setLengths(String.prototype, { __proto__: null, fromBytes: 0, fromUTF8: 0, toBytes: 0, toUTF8: 0 });
})
