// CBOR (RFC 8949), as far as web tokens need it: definite lengths, numbers that JavaScript has, text keys or whole
// numbers as keys. Loaded on demand.
(function (host, internal) {
    'use strict';

    internal.load('prelude/bytes.js');
    const {
        isArray, isInteger, keys, put, bytesOf, newList, Error, Uint8Array, String, floor,
    } = internal;
    const {
        bufferSlice, bufferByteLength, getFloat32, getFloat64, setFloat64, typedArrayBuffer,
    } = internal.uncurried(
        'bufferSlice', 'bufferByteLength', 'getFloat32', 'getFloat64', 'setFloat64', 'typedArrayBuffer',
    );
    const { wrap: wrapBuffer } = internal.load('prelude/buffer.js');

    /** Containers within containers. */
    const MAX_DEPTH = 16;

    const UNSIGNED = 0;
    const NEGATIVE = 1;
    const BYTES = 2;
    const TEXT = 3;
    const LIST = 4;
    const MAP = 5;
    const TAG = 6;
    const SIMPLE = 7;

    const refuse = (reason) => { throw new Error('invalid CBOR: ' + reason); };

    /** Takes `count` bytes off the front. */
    const take = (reader, count) => {
        const start = reader.at;
        if (count > reader.end - start) {
            refuse('it ends early');
        }
        reader.at = start + count;
        return start;
    };

    const readNumber = (reader, count) => {
        let value = 0;
        for (let at = take(reader, count), end = reader.at; at < end; at += 1) {
            value = value * 256 + reader.bytes[at];
        }
        if (value > 9007199254740991) {
            refuse('a number is too large');
        }
        return value;
    };

    /** The number that comes with an item's first byte. */
    const readCount = (reader, low) => {
        if (low < 24) {
            return low;
        }
        return low > 27 ? refuse('a length is missing') : readNumber(reader, 2 ** (low - 24));
    };

    const float16 = (bits) => {
        const sign = bits >= 0x8000 ? -1 : 1;
        const exponent = floor(bits / 1024) % 32;
        const fraction = bits % 1024;
        if (exponent === 31) {
            return fraction === 0 ? sign * Infinity : NaN;
        }
        return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
    };

    const readFloat = (reader, size, get) => {
        const at = take(reader, size);
        const view = new internal.DataView(bufferSlice(reader.buffer, at, at + size));
        return get(view, 0, false);
    };

    const readSimple = (reader, low) => {
        switch (low) {
            case 20: return false;
            case 21: return true;
            case 22: return null;
            case 23: return undefined;
            case 25: return float16(readNumber(reader, 2));
            case 26: return readFloat(reader, 4, getFloat32);
            case 27: return readFloat(reader, 8, getFloat64);
            default: return refuse('a simple value is unknown');
        }
    };

    const readText = (reader, count) => {
        const at = take(reader, count);
        const text = host.utf8Decode(reader.buffer, at, count, true);
        return text === undefined ? refuse('a text is no UTF-8') : text;
    };

    const readBytes = (reader, count) => {
        const at = take(reader, count);
        return wrapBuffer(bufferSlice(reader.buffer, at, at + count), 0, count);
    };

    const readList = (reader, count, depth) => {
        const list = [];
        for (let i = 0; i < count; i += 1) {
            put(list, i, readItem(reader, depth));
        }
        return list;
    };

    /** Keys become text, as they are in JavaScript [D CW]. */
    const readMap = (reader, count, depth) => {
        const map = {};
        for (let i = 0; i < count; i += 1) {
            const key = readItem(reader, depth);
            if (typeof key !== 'string' && typeof key !== 'number') {
                refuse('a key is neither text nor a number');
            }
            put(map, String(key), readItem(reader, depth));
        }
        return map;
    };

    /** A tag and its item, where tags are asked for; the item alone elsewhere. */
    const readTagged = (reader, tag, depth) => {
        const item = readItem(reader, depth);
        return reader.keepsTags ? { __proto__: null, tag, item } : item;
    };

    const readItem = (reader, above) => {
        if (above >= MAX_DEPTH) {
            refuse('it is nested too deep');
        }
        const first = reader.bytes[take(reader, 1)];
        const type = first >> 5;
        const low = first & 31;
        if (type === SIMPLE) {
            return readSimple(reader, low);
        }
        const count = readCount(reader, low);
        switch (type) {
            case UNSIGNED: return count;
            case NEGATIVE: return -1 - count;
            case BYTES: return readBytes(reader, count);
            case TEXT: return readText(reader, count);
            case LIST: return readList(reader, count, above + 1);
            case MAP: return readMap(reader, count, above + 1);
            default: return readTagged(reader, count, above + 1);
        }
    };

    /** The one item that `{buffer, offset, length}` has. */
    const decode = (part, keepsTags) => {
        const buffer = bufferSlice(part.buffer, part.offset, part.offset + part.length);
        const reader = {
            __proto__: null, buffer, bytes: new Uint8Array(buffer), at: 0, end: bufferByteLength(buffer), keepsTags,
        };
        const item = readItem(reader, 0);
        return reader.at === reader.end ? item : refuse('something follows');
    };

    const writeByte = (out, byte) => { out[out.length] = byte; };

    const writeNumber = (out, value, count) => {
        for (let i = count - 1; i >= 0; i -= 1) {
            writeByte(out, floor(value / 256 ** i) % 256);
        }
    };

    const writeHead = (out, type, count) => {
        const high = type * 32;
        if (count < 24) {
            writeByte(out, high + count);
            return;
        }
        const size = count < 256 ? 1 : count < 65536 ? 2 : count < 4294967296 ? 4 : 8;
        writeByte(out, high + (size === 1 ? 24 : size === 2 ? 25 : size === 4 ? 26 : 27));
        writeNumber(out, count, size);
    };

    const writeAll = (out, bytes) => {
        const view = new Uint8Array(bytes.buffer, bytes.offset, bytes.length);
        for (let i = 0; i < bytes.length; i += 1) {
            writeByte(out, view[i]);
        }
    };

    const writeText = (out, text) => {
        const bytes = bytesOf(new Uint8Array(host.utf8Encode(text)));
        writeHead(out, TEXT, bytes.length);
        writeAll(out, bytes);
    };

    const writeFloat = (out, value) => {
        const view = new internal.DataView(new internal.ArrayBuffer(8));
        setFloat64(view, 0, value, false);
        writeByte(out, 251);
        writeAll(out, bytesOf(view));
    };

    const writeInteger = (out, value) => {
        if (value < 0) {
            writeHead(out, NEGATIVE, -1 - value);
        } else {
            writeHead(out, UNSIGNED, value);
        }
    };

    const isWhole = (value) => isInteger(value) && value >= -9007199254740991 && value <= 9007199254740991;

    /** A key that is a whole number in text, as all keys are in JavaScript, is written as a number: `1` is `iss`. */
    const writeKey = (out, key) => {
        if (isWhole(+key) && String(+key) === key) {
            writeInteger(out, +key);
        } else {
            writeText(out, key);
        }
    };

    const writeObject = (out, object, depth) => {
        const names = keys(object);
        writeHead(out, MAP, names.length);
        for (let i = 0; i < names.length; i += 1) {
            writeKey(out, names[i]);
            writeItem(out, object[names[i]], depth);
        }
    };

    const writeList = (out, list, depth) => {
        const { length } = list;
        writeHead(out, LIST, length);
        for (let i = 0; i < length; i += 1) {
            writeItem(out, list[i], depth);
        }
    };

    const writeContainer = (out, value, depth) => {
        const bytes = bytesOf(value);
        if (bytes !== undefined) {
            writeHead(out, BYTES, bytes.length);
            writeAll(out, bytes);
        } else if (depth >= MAX_DEPTH) {
            refuse('it is nested too deep');
        } else if (isArray(value)) {
            writeList(out, value, depth + 1);
        } else {
            writeObject(out, value, depth + 1);
        }
    };

    const simpleBytes = { __proto__: null, false: 244, true: 245, null: 246, undefined: 247 };

    const writeItem = (out, value, depth) => {
        if (typeof value === 'string') {
            writeText(out, value);
        } else if (typeof value === 'number') {
            (isWhole(value) ? writeInteger : writeFloat)(out, value);
        } else if (typeof value === 'object' && value !== null) {
            writeContainer(out, value, depth);
        } else if (simpleBytes[String(value)] !== undefined && typeof value !== 'symbol') {
            writeByte(out, simpleBytes[String(value)]);
        } else {
            refuse('a ' + typeof value + ' has no form');
        }
    };

    /** The bytes of a value as an ArrayBuffer, with a tag before it if one is given. */
    const encode = (value, tag) => {
        const out = newList();
        if (tag !== undefined) {
            writeHead(out, TAG, tag);
        }
        writeItem(out, value, 0);
        const bytes = new Uint8Array(out.length);
        for (let i = 0; i < out.length; i += 1) {
            bytes[i] = out[i];
        }
        return typedArrayBuffer(bytes);
    };

    return { __proto__: null, encode, decode };
})
