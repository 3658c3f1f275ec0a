// What the language has for conversions between text and bytes: atob, btoa, TextEncoder and TextDecoder. Loaded on demand.
(function (host, internal) {
    'use strict';

    internal.load('prelude/bytes.js');
    const {
        defineAll, defineGetter, toText, TypeError, RangeError, Uint8Array, isView, isObject, slice, bytesOf, byteString,
        bytesOfByteString,
    } = internal;
    const {
        charCodeAt, endsWith, toLowerCase, bufferSlice, bufferByteLength, typedArrayTag, typedArrayLength, typedArraySet,
    } = internal.uncurried(
        'charCodeAt', 'endsWith', 'toLowerCase', 'bufferSlice', 'bufferByteLength', 'typedArrayTag', 'typedArrayLength',
        'typedArraySet',
    );

    const isBase64 = (code) => (code >= 48 && code <= 57) || (code >= 65 && code <= 90)
        || (code >= 97 && code <= 122) || code === 43 || code === 47;

    const isSpace = (code) => code === 32 || code === 9 || code === 10 || code === 12 || code === 13;

    /** The text without the white space that atob ignores. */
    const withoutSpace = (text) => {
        let kept = '';
        for (let i = 0; i < text.length; i += 1) {
            if (!isSpace(charCodeAt(text, i))) {
                kept += text[i];
            }
        }
        return kept;
    };

    /** The base64 text without its padding; `undefined` if atob refuses it. */
    const strictBase64 = (text) => {
        let body = withoutSpace(text);
        if (body.length % 4 === 0 && endsWith(body, '=')) {
            body = slice(body, 0, endsWith(body, '==') ? -2 : -1);
        }
        if (body.length % 4 === 1) {
            return undefined;
        }
        for (let i = 0; i < body.length; i += 1) {
            if (!isBase64(charCodeAt(body, i))) {
                return undefined;
            }
        }
        return body;
    };

    const { atob, btoa } = {
        atob(data) {
            const text = strictBase64(toText(data));
            if (text === undefined) {
                throw new TypeError('the string to be decoded is not correctly encoded');
            }
            return byteString(host.base64Decode(text));
        },
        btoa(data) {
            const buffer = bytesOfByteString(toText(data));
            if (buffer === undefined) {
                throw new TypeError('invalid character (>= U+00FF)');
            }
            return host.base64Encode(buffer, 0, bufferByteLength(buffer), false);
        },
    };

    /** The constructors are functions, not classes, as they have to name themselves when called without `new`. */
    function TextEncoder() {
        if (new.target === undefined) {
            throw new TypeError("Constructor of TextEncoder requires 'new'");
        }
    }

    const requireUint8Array = (value, text) => {
        if (!isView(value) || typedArrayTag(value) !== 'Uint8Array') {
            throw new TypeError(text);
        }
    };

    /** How many bytes and code units of `text` fit into `room` bytes, whole characters only. */
    const fitting = (text, room) => {
        let read = 0;
        let written = 0;
        while (read < text.length) {
            const code = charCodeAt(text, read);
            const next = read + 1 < text.length ? charCodeAt(text, read + 1) : 0;
            const isPair = code >= 0xd800 && code < 0xdc00 && next >= 0xdc00 && next < 0xe000;
            const size = isPair ? 4 : code < 0x80 ? 1 : code < 0x800 ? 2 : 3;
            if (written + size > room) {
                break;
            }
            written += size;
            read += isPair ? 2 : 1;
        }
        return { __proto__: null, read, written };
    };

    defineAll(TextEncoder.prototype, {
        __proto__: null,
        encode(input) {
            return new Uint8Array(host.utf8Encode(arguments.length === 0 ? '' : toText(input)));
        },
        encodeInto(source, destination) {
            const text = toText(source);
            requireUint8Array(destination, 'The "destination" argument must be an instance of Uint8Array');
            const { read, written } = fitting(text, typedArrayLength(destination));
            typedArraySet(destination, new Uint8Array(host.utf8Encode(slice(text, 0, read))));
            return { read, written };
        },
    });
    internal.defineNative(TextEncoder.prototype.encode, 'length', { __proto__: null, value: 0 });
    defineGetter(TextEncoder.prototype, 'encoding', () => 'utf-8');

    const decoderStates = internal.newPrivates();

    function TextDecoder(encoding, options) {
        if (new.target === undefined) {
            throw new TypeError("Constructor of TextDecoder requires 'new'");
        }
        const label = encoding === undefined ? 'utf-8' : toText(encoding);
        const name = toLowerCase(label);
        if (name !== 'utf-8' && name !== 'utf8') {
            throw new RangeError('The "' + label + '" encoding is not supported');
        }
        decoderStates.set(this, {
            __proto__: null,
            fatal: isObject(options) && !!options.fatal,
            ignoreBOM: isObject(options) && !!options.ignoreBOM,
            pending: undefined,
        });
    }

    const stateOf = (decoder) => {
        const found = isObject(decoder) ? decoderStates.get(decoder) : undefined;
        if (found === undefined) {
            throw new TypeError('"this" is not a TextDecoder');
        }
        return found;
    };

    /** The bytes that an earlier call with `{stream: true}` left, and those of this call. */
    const joined = (pending, bytes) => {
        if (pending === undefined) {
            return bytes;
        }
        const whole = new Uint8Array(pending.length + bytes.length);
        typedArraySet(whole, new Uint8Array(pending.buffer, pending.offset, pending.length));
        typedArraySet(whole, new Uint8Array(bytes.buffer, bytes.offset, bytes.length), pending.length);
        return bytesOf(whole);
    };

    /** How many bytes at the end begin a character that may be continued. */
    const unfinished = (bytes) => {
        const view = new Uint8Array(bytes.buffer, bytes.offset, bytes.length);
        for (let back = 1; back <= 3 && back <= bytes.length; back += 1) {
            const byte = view[bytes.length - back];
            if (byte >= 0xc2 && byte < 0xf5) {
                const size = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
                return size > back ? back : 0;
            }
            if (byte < 0x80 || byte >= 0xc0) {
                return 0;
            }
        }
        return 0;
    };

    /** Sets the unfinished end aside in the decoder's state, and gives what is before it. */
    const holdBack = (decoder, bytes) => {
        const count = unfinished(bytes);
        const head = { __proto__: null, buffer: bytes.buffer, offset: bytes.offset, length: bytes.length - count };
        if (count > 0) {
            const end = bytes.offset + bytes.length;
            decoder.pending = bytesOf(bufferSlice(bytes.buffer, end - count, end));
        }
        return head;
    };

    const noBytes = () => bytesOf(new Uint8Array(0));

    /** A DataView is refused [E]. */
    const isDataView = (value) => isObject(value) && isView(value) && typedArrayTag(value) === undefined;

    defineAll(TextDecoder.prototype, {
        __proto__: null,
        decode(input, options) {
            const decoder = stateOf(this);
            const given = arguments.length === 0 ? noBytes() : bytesOf(input);
            if (given === undefined || isDataView(input)) {
                throw new TypeError('The "input" argument must be an instance of TypedArray');
            }
            let bytes = joined(decoder.pending, given);
            decoder.pending = undefined;
            if (isObject(options) && options.stream) {
                bytes = holdBack(decoder, bytes);
            }
            const text = host.utf8Decode(bytes.buffer, bytes.offset, bytes.length, decoder.fatal);
            if (text === undefined) {
                throw new TypeError('The encoded data was not valid');
            }
            return !decoder.ignoreBOM && charCodeAt(text, 0) === 0xfeff ? slice(text, 1) : text;
        },
    });
    defineGetter(TextDecoder.prototype, 'encoding', () => 'utf-8');
    defineGetter(TextDecoder.prototype, 'fatal', function fatal() { return stateOf(this).fatal; });
    defineGetter(TextDecoder.prototype, 'ignoreBOM', function ignoreBOM() { return stateOf(this).ignoreBOM; });

    internal.defineNative(TextDecoder.prototype.decode, 'length', { __proto__: null, value: 0 });
    internal.defineNative(TextDecoder, 'length', { __proto__: null, value: 0 });

    return { __proto__: null, atob, btoa, TextEncoder, TextDecoder };
})
