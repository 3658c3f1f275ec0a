// The module buffer and the global Buffer [D R20]. Texts and conversions of arguments are njs's [E]. Loaded on demand.
(function (host, internal) {
    'use strict';

    internal.load('prelude/bytes.js');
    const {
        create, define, defineAll, setLengths, setPrototypeOf, freeze, isArray, isView, isObject,
        min, max, trunc, put, typeName, bytesOf, decodeText, encodeBytes, encodingName,
        TypeError, RangeError, Uint8Array, ArrayBuffer,
    } = internal;
    const {
        typedArrayTag, typedArrayLength, typedArrayBuffer, typedArrayByteOffset, typedArraySet, typedArrayFill,
        bufferByteLength, dataViewBuffer, getFloat32, getFloat64, setFloat32, setFloat64, stringValue, startsWith,
    } = internal.uncurried(
        'typedArrayTag', 'typedArrayLength', 'typedArrayBuffer', 'typedArrayByteOffset', 'typedArraySet', 'typedArrayFill',
        'bufferByteLength', 'dataViewBuffer', 'getFloat32', 'getFloat64', 'setFloat32', 'setFloat64', 'stringValue',
        'startsWith',
    );

    /**
     * An index as njs converts it: whole, never negative [E]. An index that is left out is `undefined`, which
     * the caller replaces by its default first.
     */
    const toIndex = (value) => {
        const index = trunc(+value) || 0;
        if (index < 0 || index > 9007199254740991) {
            throw new RangeError('invalid index');
        }
        return index;
    };

    /** njs's largest size of an array of bytes [E]. */
    const MAX_LENGTH = 2147483647;

    /** Neither `Buffer(…)` nor `new Buffer(…)` makes one [E]. */
    function Buffer() { throw new TypeError('Buffer is not a constructor'); }
    const prototype = create(Uint8Array.prototype);
    internal.defineNative(Buffer, 'prototype', { __proto__: null, value: prototype, writable: false });

    /** A Buffer over a part of an ArrayBuffer. */
    const wrap = (buffer, offset, length) => setPrototypeOf(new Uint8Array(buffer, offset, length), prototype);
    const allocate = (size) => setPrototypeOf(new Uint8Array(size), prototype);

    const isUint8Array = (value) => isObject(value) && isView(value) && typedArrayTag(value) === 'Uint8Array';

    const isBuffer = (value) => isUint8Array(value) && internal.getPrototypeOf(value) === prototype;

    /** `this` or an argument, which has to be a Buffer or a Uint8Array. */
    const requireBytes = (value, name) => {
        if (!isUint8Array(value)) {
            throw new TypeError('"' + name + '" argument must be an instance of Buffer or Uint8Array');
        }
        return value;
    };
    const self = (value) => requireBytes(value, 'this');

    const copyOfBytes = (bytes) => {
        const copy = allocate(bytes.length);
        typedArraySet(copy, new Uint8Array(bytes.buffer, bytes.offset, bytes.length));
        return copy;
    };

    const checkedSize = (size) => {
        if (typeof size !== 'number') {
            throw new TypeError('"size" argument must be of type number');
        }
        if (size < 0 || size > MAX_LENGTH) {
            throw new RangeError('invalid size');
        }
        if (size !== size) {
            throw new RangeError('invalid index');
        }
        return toIndex(size);
    };

    const fromArrayBuffer = (buffer, offset, length) => {
        const size = bufferByteLength(buffer);
        const start = offset === undefined ? 0 : toIndex(offset);
        if (start > size) {
            throw new RangeError('"offset" is outside of buffer bounds');
        }
        const count = length === undefined ? size - start : toIndex(length);
        if (count > size - start) {
            throw new RangeError('"length" is outside of buffer bounds');
        }
        return wrap(buffer, start, count);
    };

    /** Elements of an array, of a typed array or of anything with a length, each taken modulo 256. */
    const fromElements = (elements) => {
        const length = max(0, trunc(+elements.length) || 0);
        if (length > MAX_LENGTH) {
            throw new RangeError('invalid size');
        }
        const buffer = allocate(length);
        for (let i = 0; i < length; i += 1) {
            buffer[i] = elements[i];
        }
        return buffer;
    };

    const notBufferLike = (what, value) => new TypeError(
        what + ' ' + typeName(value) + ' is not a string or Buffer-like object');

    /** The object that `Buffer.prototype.toJSON` made, or an array-like; `undefined` for other objects. */
    const fromArrayLike = (object) => {
        if (object.type === 'Buffer' && isObject(object.data)) {
            return fromElements(object.data);
        }
        return isArray(object) || object.length !== undefined ? fromElements(object) : undefined;
    };

    const isBoxedString = (object) => internal.attempt(stringValue, object) !== undefined;

    const fromObject = (object, encodingOrOffset, length) => {
        if (isView(object)) {
            return fromElements(typedArrayTag(object) === undefined ? new Uint8Array(0) : object);
        }
        const bytes = bytesOf(object);
        if (bytes !== undefined) {
            return fromArrayBuffer(object, encodingOrOffset, length);
        }
        const made = isBoxedString(object) ? undefined : fromArrayLike(object);
        if (made !== undefined) {
            return made;
        }
        const primitive = typeof object.valueOf === 'function' ? object.valueOf() : object;
        return typeof primitive === 'string' ? fromText(primitive, encodingOrOffset) : undefined;
    };

    const fromText = (text, encoding) => {
        const buffer = decodeText(text, encoding);
        return setPrototypeOf(new Uint8Array(buffer), prototype);
    };

    const from = (value, encodingOrOffset, length) => {
        if (typeof value === 'string') {
            return fromText(value, encodingOrOffset);
        }
        const buffer = isObject(value) ? fromObject(value, encodingOrOffset, length) : undefined;
        if (buffer === undefined) {
            throw notBufferLike('first argument', value);
        }
        return buffer;
    };

    /** A string or bytes given as an argument, as `{buffer, offset, length}`; `undefined` for anything else. */
    const textOrBytes = (value, encoding) => {
        if (typeof value === 'string') {
            return bytesOf(new Uint8Array(decodeText(value, encoding)));
        }
        return isObject(value) ? bytesOf(value) : undefined;
    };

    const viewOf = (bytes) => new Uint8Array(bytes.buffer, bytes.offset, bytes.length);

    const repeat = (target, start, end, pattern) => {
        const size = typedArrayLength(pattern);
        for (let at = start, i = 0; at < end; at += 1) {
            target[at] = size === 0 ? 0 : pattern[i];
            i = i + 1 === size ? 0 : i + 1;
        }
        return target;
    };

    /** Fills with text, bytes, or the number that anything else converts to [E]. */
    const fillWith = (target, value, start, end, encoding) => {
        if (value === undefined) {
            return target;
        }
        const bytes = textOrBytes(value, encoding);
        if (bytes !== undefined) {
            return repeat(target, start, end, viewOf(bytes));
        }
        // One byte, modulo 256; `typedArrayFill` converts as an assignment does.
        return typedArrayFill(target, isObject(value) ? 0 : value, start, end);
    };

    const compareBytes = (left, right) => {
        const leftLength = typedArrayLength(left);
        const rightLength = typedArrayLength(right);
        const common = min(leftLength, rightLength);
        for (let i = 0; i < common; i += 1) {
            if (left[i] !== right[i]) {
                return left[i] < right[i] ? -1 : 1;
            }
        }
        return leftLength === rightLength ? 0 : leftLength < rightLength ? -1 : 1;
    };

    const totalLength = (list) => {
        let total = 0;
        for (let i = 0; i < list.length; i += 1) {
            total += typedArrayLength(requireBytes(list[i], 'list[' + i + ']'));
        }
        return total;
    };

    const concatLength = (list, length) => {
        const total = totalLength(list);
        if (length === undefined) {
            return total;
        }
        if (typeof length !== 'number') {
            throw new TypeError('"length" argument must be of type number');
        }
        if (length < 0 || length > MAX_LENGTH) {
            throw new RangeError('"length" is out of range');
        }
        return toIndex(length);
    };

    defineAll(Buffer, {
        __proto__: null,
        alloc(size, fill, encoding) {
            const buffer = allocate(checkedSize(size));
            return fillWith(buffer, fill, 0, typedArrayLength(buffer), encoding);
        },
        // Memory that was not cleared would show what other runs left, so it is cleared.
        allocUnsafe(size) { return allocate(checkedSize(size)); },
        allocUnsafeSlow(size) { return allocate(checkedSize(size)); },
        byteLength(value, encoding) {
            const bytes = textOrBytes(value, encoding);
            if (bytes === undefined) {
                throw notBufferLike('first argument', value);
            }
            return bytes.length;
        },
        compare(source, target) {
            return compareBytes(requireBytes(source, 'source'), requireBytes(target, 'target'));
        },
        concat(list, length) {
            if (!isArray(list)) {
                throw new TypeError('"list" argument must be an instance of Array');
            }
            const whole = allocate(concatLength(list, length));
            const room = typedArrayLength(whole);
            let at = 0;
            for (let i = 0; i < list.length && at < room; i += 1) {
                const part = requireBytes(list[i], 'list[' + i + ']');
                const count = min(typedArrayLength(part), room - at);
                typedArraySet(whole, new Uint8Array(typedArrayBuffer(part), typedArrayByteOffset(part), count), at);
                at += count;
            }
            return whole;
        },
        from(value, encodingOrOffset, length) { return from(value, encodingOrOffset, length); },
        isBuffer(value) { return isBuffer(value); },
        isEncoding(encoding) {
            return typeof encoding === 'string' && internal.encodings[encoding] !== undefined;
        },
    });
    setLengths(Buffer, { __proto__: null, alloc: 0, allocUnsafe: 0, concat: 1, byteLength: 1 });

    /** An offset of the bounds that `fill`, `copy` and `compare` take: left out, the default. */
    const bound = (value, fallback, limit, text) => {
        const index = value === undefined ? fallback : toIndex(value);
        if (index > limit) {
            throw new RangeError(text + (text[text.length - 1] === ' ' ? index : ''));
        }
        return index;
    };

    const rangeText = (name) => '"' + name + '" is out of range: ';

    /** An offset from the start, or from the end if negative, cut to the length. */
    const relative = (value, fallback, length) => {
        if (value === undefined) {
            return fallback;
        }
        const at = trunc(+value) || 0;
        return at < 0 ? max(0, length + at) : min(at, length);
    };

    const part = (view, start, end) => {
        const length = typedArrayLength(view);
        const from_ = relative(start, 0, length);
        const to = relative(end, length, length);
        return wrap(typedArrayBuffer(view), typedArrayByteOffset(view) + from_, max(0, to - from_));
    };

    const matchesAt = (view, pattern, at) => {
        const size = typedArrayLength(pattern);
        for (let i = 0; i < size; i += 1) {
            if (view[at + i] !== pattern[i]) {
                return false;
            }
        }
        return true;
    };

    /** The pattern that `indexOf` and its like look for. */
    const patternOf = (value, encoding) => {
        if (typeof value === 'number') {
            const pattern = new Uint8Array(1);
            pattern[0] = value;
            return pattern;
        }
        const bytes = textOrBytes(value, encoding);
        if (bytes === undefined) {
            throw notBufferLike('"value" argument', value);
        }
        return viewOf(bytes);
    };

    /** `indexOf(value, encoding)` is allowed, too. */
    const searchArguments = (offset, encoding) => {
        const isEncoding = typeof offset === 'string' && encoding === undefined;
        return { __proto__: null, offset: isEncoding ? undefined : offset, encoding: isEncoding ? offset : encoding };
    };

    const indexOf = (view, value, offsetOrEncoding, givenEncoding) => {
        const { offset, encoding } = searchArguments(offsetOrEncoding, givenEncoding);
        const pattern = patternOf(value, encodingName(encoding));
        const length = typedArrayLength(view);
        const size = typedArrayLength(pattern);
        const given = offset === undefined ? 0 : trunc(+offset) || 0;
        const start = given < 0 ? max(0, length + given) : given;
        for (let at = start; at + size <= length; at += 1) {
            if (matchesAt(view, pattern, at)) {
                return at;
            }
        }
        return -1;
    };

    const lastIndexOf = (view, value, offsetOrEncoding, givenEncoding) => {
        const { offset, encoding } = searchArguments(offsetOrEncoding, givenEncoding);
        const pattern = patternOf(value, encodingName(encoding));
        const length = typedArrayLength(view);
        const size = typedArrayLength(pattern);
        const given = offset === undefined ? length : trunc(+offset) || 0;
        const start = given < 0 ? length + given : given;
        for (let at = min(start, length - size); at >= 0; at -= 1) {
            if (matchesAt(view, pattern, at)) {
                return at;
            }
        }
        return -1;
    };

    const reverseGroups = (view, size) => {
        const length = typedArrayLength(view);
        if (length % size !== 0) {
            throw new RangeError('Buffer size must be a multiple of ' + size * 8 + '-bits');
        }
        for (let start = 0; start < length; start += size) {
            for (let i = 0; i < size / 2; i += 1) {
                const low = view[start + i];
                view[start + i] = view[start + size - 1 - i];
                view[start + size - 1 - i] = low;
            }
        }
        return view;
    };

    /** `fill(value, encoding)`, `fill(value, offset, encoding)` and the same of `write` are allowed, too [E]. */
    const shiftEncoding = (offset, end, encoding) => {
        if (typeof offset === 'string') {
            return { __proto__: null, offset: undefined, end: undefined, encoding: offset };
        }
        if (typeof end === 'string') {
            return { __proto__: null, offset, end: undefined, encoding: end };
        }
        return { __proto__: null, offset, end, encoding };
    };

    const writeText = (view, text, givenOffset, givenLength, givenEncoding) => {
        const { offset, end: length, encoding } = shiftEncoding(givenOffset, givenLength, givenEncoding);
        if (typeof text !== 'string') {
            throw new TypeError('first argument must be a string');
        }
        const name = encodingName(encoding);
        const room = typedArrayLength(view);
        const start = offset === undefined ? 0 : toIndex(offset);
        if (start >= room) {
            throw new RangeError('"offset" is out of range');
        }
        const bytes = bytesOf(new Uint8Array(decodeText(text, name)));
        const count = min(bytes.length, room - start, length === undefined ? room : toIndex(length));
        typedArraySet(view, new Uint8Array(bytes.buffer, 0, count), start);
        return count;
    };

    const copyBytes = (source, target, targetStart, sourceStart, sourceEnd) => {
        requireBytes(target, 'target');
        const size = typedArrayLength(source);
        const room = typedArrayLength(target);
        const to = bound(targetStart, 0, room, rangeText('targetStart'));
        const start = bound(sourceStart, 0, size, rangeText('sourceStart'));
        const end = bound(sourceEnd, size, size, rangeText('sourceEnd'));
        const count = max(0, min(end - start, room - to));
        typedArraySet(target, new Uint8Array(typedArrayBuffer(source), typedArrayByteOffset(source) + start, count), to);
        return count;
    };

    const rangeOf = (view, start, end) => new Uint8Array(
        typedArrayBuffer(view), typedArrayByteOffset(view) + start, max(0, end - start));

    const compareRanges = (source, target, targetStart, targetEnd, sourceStart, sourceEnd) => {
        requireBytes(target, 'target');
        const targetSize = typedArrayLength(target);
        const sourceSize = typedArrayLength(source);
        const toStart = bound(targetStart, 0, targetSize, rangeText('targetStart'));
        const toEnd = bound(targetEnd, targetSize, targetSize, rangeText('targetEnd'));
        const fromStart = bound(sourceStart, 0, sourceSize, rangeText('sourceStart'));
        const fromEnd = bound(sourceEnd, sourceSize, sourceSize, rangeText('sourceEnd'));
        return compareBytes(rangeOf(source, fromStart, fromEnd), rangeOf(target, toStart, toEnd));
    };

    const textOf = (view, givenEncoding, start, end) => {
        const encoding = encodingName(givenEncoding);
        const length = typedArrayLength(view);
        const from_ = min(start === undefined ? 0 : toIndex(start), length);
        const to = min(end === undefined ? length : toIndex(end), length);
        return encodeBytes({
            __proto__: null, buffer: typedArrayBuffer(view),
            offset: typedArrayByteOffset(view) + from_, length: max(0, to - from_),
        }, encoding);
    };

    defineAll(prototype, {
        __proto__: null,
        constructor: Buffer,
        compare(target, targetStart, targetEnd, sourceStart, sourceEnd) {
            return compareRanges(self(this), target, targetStart, targetEnd, sourceStart, sourceEnd);
        },
        copy(target, targetStart, sourceStart, sourceEnd) {
            return copyBytes(self(this), target, targetStart, sourceStart, sourceEnd);
        },
        equals(target) { return compareBytes(self(this), requireBytes(target, 'target')) === 0; },
        fill(value, givenOffset, givenEnd, givenEncoding) {
            const { offset, end, encoding } = shiftEncoding(givenOffset, givenEnd, givenEncoding);
            const name = encodingName(encoding);
            const length = typedArrayLength(self(this));
            const start = bound(offset, 0, length, '"offset" is out of range');
            return fillWith(this, value, start, bound(end, length, length, '"end" is out of range'), name);
        },
        includes(value, offset, encoding) { return indexOf(self(this), value, offset, encoding) !== -1; },
        indexOf(value, offset, encoding) { return indexOf(self(this), value, offset, encoding); },
        lastIndexOf(value, offset, encoding) { return lastIndexOf(self(this), value, offset, encoding); },
        // In njs both share the memory; AWS's page calls what `subarray` gives a copy [D R20].
        slice(start, end) { return part(self(this), start, end); },
        subarray(start, end) { return part(self(this), start, end); },
        swap16() { return reverseGroups(self(this), 2); },
        swap32() { return reverseGroups(self(this), 4); },
        swap64() { return reverseGroups(self(this), 8); },
        toJSON() {
            const view = self(this);
            const data = [];
            const length = typedArrayLength(view);
            for (let i = 0; i < length; i += 1) {
                put(data, i, view[i]);
            }
            return { type: 'Buffer', data };
        },
        toString(encoding, start, end) { return textOf(self(this), encoding, start, end); },
        write(text, offset, length, encoding) { return writeText(self(this), text, offset, length, encoding); },
    });
    setLengths(prototype, {
        __proto__: null, compare: 1, copy: 1, fill: 1, includes: 1, indexOf: 1, lastIndexOf: 1, toString: 0, write: 1,
    });
    internal.defineNative(prototype, internal.Symbol.toStringTag, {
        __proto__: null, value: 'Buffer', configurable: true,
    });

    /** Where a number of `size` bytes lies: an index, checked against the end. */
    const place = (view, offset, size) => {
        const at = offset === undefined ? 0 : toIndex(offset);
        if (at + size > typedArrayLength(view)) {
            throw new RangeError('index ' + at + ' is outside the bound of the buffer');
        }
        return at;
    };

    /** The size of a number with a variable one, 1 to 6 bytes. */
    const checkedByteLength = (byteLength) => {
        if (typeof byteLength !== 'number') {
            throw new TypeError('"byteLength" is not a number');
        }
        const size = toIndex(byteLength);
        if (size > 6) {
            throw new TypeError('"byteLength" must be <= 6');
        }
        return size;
    };

    const readUnsigned = (view, at, size, isLittle) => {
        let value = 0;
        for (let i = 0; i < size; i += 1) {
            value = value * 256 + view[isLittle ? at + size - 1 - i : at + i];
        }
        return value;
    };

    const readSigned = (view, at, size, isLittle) => {
        const value = readUnsigned(view, at, size, isLittle);
        return value >= 2 ** (8 * size - 1) ? value - 2 ** (8 * size) : value;
    };

    /** Writes a whole number modulo 256^size, and gives the place after it. */
    const writeWhole = (view, value, at, size, isLittle) => {
        const modulus = 2 ** (8 * size);
        let rest = (trunc(value) || 0) % modulus;
        rest = rest < 0 ? rest + modulus : rest;
        for (let i = 0; i < size; i += 1) {
            view[isLittle ? at + i : at + size - 1 - i] = rest % 256;
            rest = internal.floor(rest / 256);
        }
        return at + size;
    };

    const scratch = new internal.DataView(new ArrayBuffer(8));
    const scratchBytes = new Uint8Array(dataViewBuffer(scratch));

    const readFloat = (view, at, size, isLittle) => {
        for (let i = 0; i < size; i += 1) {
            scratchBytes[i] = view[at + i];
        }
        return (size === 4 ? getFloat32 : getFloat64)(scratch, 0, isLittle);
    };

    const writeFloat = (view, value, at, size, isLittle) => {
        (size === 4 ? setFloat32 : setFloat64)(scratch, 0, value, isLittle);
        for (let i = 0; i < size; i += 1) {
            view[at + i] = scratchBytes[i];
        }
    };

    // A conversion of an argument may run the function's own code, which may look at the Buffer: the value is
    // converted before the place is checked, as in njs.
    const fixedMethods = (kind, size, isLittle, read, write) => ({
        __proto__: null,
        ['read' + kind](offset) {
            const view = self(this);
            return read(view, place(view, offset, size), size, isLittle);
        },
        ['write' + kind](value, offset) {
            const view = self(this);
            const number = +value;
            return write(view, number, place(view, offset, size), size, isLittle);
        },
    });

    const variableMethods = (kind, order, isLittle, read) => ({
        __proto__: null,
        ['read' + kind + order](offset, byteLength) {
            const view = self(this);
            const size = checkedByteLength(byteLength);
            return read(view, place(view, offset, size), size, isLittle);
        },
        ['write' + kind + order](value, offset, byteLength) {
            const view = self(this);
            const number = +value;
            const size = checkedByteLength(byteLength);
            return writeWhole(view, number, place(view, offset, size), size, isLittle);
        },
    });

    const defineNumbers = (methods) => {
        defineAll(prototype, methods);
        const names = internal.ownKeys(methods);
        for (let i = 0; i < names.length; i += 1) {
            const isWide = startsWith(names[i], 'read') && methods[names[i]].length === 2;
            internal.defineNative(methods[names[i]], 'length', { __proto__: null, value: isWide ? 2 : 1 });
        }
    };

    defineNumbers(fixedMethods('Int8', 1, true, readSigned, writeWhole));
    defineNumbers(fixedMethods('UInt8', 1, true, readUnsigned, writeWhole));
    for (let i = 0; i < 2; i += 1) {
        const isLittle = i === 0;
        const order = isLittle ? 'LE' : 'BE';
        for (let size = 2; size <= 4; size += 2) {
            defineNumbers(fixedMethods('Int' + size * 8 + order, size, isLittle, readSigned, writeWhole));
            defineNumbers(fixedMethods('UInt' + size * 8 + order, size, isLittle, readUnsigned, writeWhole));
        }
        // What is written is a float, and nothing is returned [E].
        defineNumbers(fixedMethods('Float' + order, 4, isLittle, readFloat, writeFloat));
        defineNumbers(fixedMethods('Double' + order, 8, isLittle, readFloat, writeFloat));
        defineNumbers(variableMethods('Int', order, isLittle, readSigned));
        defineNumbers(variableMethods('UInt', order, isLittle, readUnsigned));
    }

    const constants = freeze({ MAX_LENGTH, MAX_STRING_LENGTH: MAX_LENGTH });
    const module = internal.asModule({ Buffer, constants, kMaxLength: MAX_LENGTH }, 'buffer');
    define(internal, 'bufferPrototype', prototype);
    return { __proto__: null, Buffer, module, from, wrap, textOrBytes, isUint8Array };
})
