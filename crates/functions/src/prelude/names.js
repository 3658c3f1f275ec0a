// What there is: the globals of a function, and the properties of every built-in object. Properties of the engine
// that this table lacks are deleted before the image is taken (`scrub.js`), whatever their names. Loaded on demand.
//
// Sources: [D] AWS's page on the runtime lists it; [E] njs 0.7.9 has it, though no page lists it; [N] the engine
// needs it for what is listed. A name with a `1` before it is in runtime 1.0 alone, with a `2` in 2.0 alone.
(function (host, internal) {
    'use strict';

    const { indexOf } = internal;

    const functionProperties = 'length name prototype';
    const typedArrayNames = 'Uint8Array Uint8ClampedArray Int8Array Uint16Array Int16Array Uint32Array Int32Array'
        + ' Float32Array Float64Array';
    const errorNames = 'Error EvalError InternalError RangeError ReferenceError SyntaxError TypeError URIError';

    /** Globals. */
    const globals = [
        // [D]
        'Array ArrayBuffer Boolean 2:Buffer 2:DataView Date Function JSON Math Number Object Promise RegExp String',
        '2:Symbol TextDecoder TextEncoder',
        typedArrayNames,
        errorNames,
        'Infinity NaN undefined globalThis console 2:atob 2:btoa',
        'decodeURI decodeURIComponent encodeURI encodeURIComponent isFinite isNaN parseFloat parseInt',
        // [D]: `eval` throws, `require` loads a module.
        'eval require',
        // [E]
        '2:AggregateError Symbol.toStringTag',
    ];

    /** Properties of each built-in object: the object, then the names. */
    const table = [
        // [D] create … values; [E] is, setPrototypeOf, getOwnPropertySymbols.
        ['Object', functionProperties,
            'create defineProperties defineProperty freeze getOwnPropertyDescriptor getOwnPropertyDescriptors',
            'getOwnPropertyNames getPrototypeOf isExtensible isFrozen isSealed keys preventExtensions seal assign',
            'entries values is setPrototypeOf 2:getOwnPropertySymbols'],
        // [D], and `__proto__` [E].
        ['Object.prototype', 'constructor hasOwnProperty isPrototypeOf propertyIsEnumerable toString valueOf __proto__'],
        ['Function', functionProperties],
        // [D] apply, bind, call. No `toString`: the source of a function can't be seen [E].
        ['Function.prototype', 'length name constructor apply bind call caller arguments'],
        // [D]
        ['Array', functionProperties, 'isArray of'],
        // [D]; [E] keys, entries, values.
        ['Array.prototype', 'length constructor concat copyWithin entries every fill filter find findIndex forEach',
            'includes indexOf join keys lastIndexOf map pop push reduce reduceRight reverse shift slice some sort',
            'splice toString unshift values Symbol.iterator'],
        // [D] fromCharCode, fromCodePoint; bytesFrom of 1.0.
        ['String', functionProperties, 'fromCharCode fromCodePoint 1:bytesFrom'],
        // [D]; [E] charCodeAt. replaceAll is new in 2.0, the methods of byte strings went with 1.0 [D RF].
        ['String.prototype', 'length constructor charAt charCodeAt codePointAt concat endsWith includes indexOf',
            'lastIndexOf match padEnd padStart repeat replace 2:replaceAll search slice split startsWith substr',
            'substring toLowerCase toString toUpperCase trim trimEnd trimStart valueOf Symbol.iterator',
            '1:fromBytes 1:fromUTF8 1:toBytes 1:toUTF8'],
        // [D]
        ['Number', functionProperties, 'EPSILON MAX_SAFE_INTEGER MAX_VALUE MIN_SAFE_INTEGER MIN_VALUE NaN',
            'NEGATIVE_INFINITY POSITIVE_INFINITY isFinite isInteger isNaN isSafeInteger parseFloat parseInt'],
        // [D] toExponential, toFixed, toPrecision; [E] toString, valueOf.
        ['Number.prototype', 'constructor toExponential toFixed toPrecision toString valueOf'],
        ['Boolean', functionProperties],
        ['Boolean.prototype', 'constructor toString valueOf'],
        // [D] for, keyFor; [E] the well-known symbols.
        ['Symbol', functionProperties, 'for keyFor asyncIterator hasInstance isConcatSpreadable iterator match matchAll',
            'replace search species split toPrimitive toStringTag unscopables'],
        // [E]
        ['Symbol.prototype', 'constructor description toString valueOf Symbol.toStringTag'],
        // [D]
        ['Math', 'E LN10 LN2 LOG10E LOG2E PI SQRT1_2 SQRT2 abs acos acosh asin asinh atan atan2 atanh cbrt ceil clz32',
            'cos cosh exp expm1 floor fround hypot imul log log10 log1p log2 max min pow random round sign sin sinh',
            'sqrt tan tanh trunc Symbol.toStringTag'],
        // [D]
        ['JSON', 'parse stringify Symbol.toStringTag'],
        // [D]
        ['Date', functionProperties, 'UTC now parse'],
        // [D] those of ES 5.1; [N] Symbol.toPrimitive.
        ['Date.prototype', 'constructor getDate getDay getFullYear getHours getMilliseconds getMinutes getMonth',
            'getSeconds getTime getTimezoneOffset getUTCDate getUTCDay getUTCFullYear getUTCHours getUTCMilliseconds',
            'getUTCMinutes getUTCMonth getUTCSeconds setDate setFullYear setHours setMilliseconds setMinutes setMonth',
            'setSeconds setTime setUTCDate setUTCFullYear setUTCHours setUTCMilliseconds setUTCMinutes setUTCMonth',
            'setUTCSeconds toDateString toISOString toJSON toLocaleDateString toLocaleString toLocaleTimeString',
            'toString toTimeString toUTCString valueOf Symbol.toPrimitive'],
        ['RegExp', functionProperties],
        // [D]; [N] match and search, by which String.prototype calls a RegExp. flags and sticky are new in 2.0 [D RF],
        // but a RegExp reads its own flags there.
        ['RegExp.prototype', 'constructor exec flags global ignoreCase multiline source sticky test toString',
            'Symbol.replace Symbol.split Symbol.match Symbol.search'],
        // [D] 2.0: all of these; 1.0: resolve and reject [E].
        ['Promise', functionProperties, '2:all 2:allSettled 2:any 2:race reject resolve Symbol.species'],
        ['Promise.prototype', 'constructor catch finally then Symbol.toStringTag'],
        // [D]
        ['ArrayBuffer', functionProperties, 'isView Symbol.species'],
        ['ArrayBuffer.prototype', 'constructor byteLength slice Symbol.toStringTag'],
        // [D]
        ['DataView', functionProperties],
        ['DataView.prototype', 'constructor buffer byteLength byteOffset getFloat32 getFloat64 getInt16 getInt32 getInt8',
            'getUint16 getUint32 getUint8 setFloat32 setFloat64 setInt16 setInt32 setInt8 setUint16 setUint32 setUint8',
            'Symbol.toStringTag'],
        // [D]: from, of and the methods that take a function are new in 2.0.
        ['%TypedArray%', functionProperties, '2:from 2:of Symbol.species'],
        ['%TypedArray%.prototype', 'constructor buffer byteLength byteOffset length 2:copyWithin 2:entries 2:every',
            '2:fill 2:filter 2:find 2:findIndex 2:forEach 2:includes 2:indexOf 2:join 2:keys 2:lastIndexOf 2:map',
            '2:reduce 2:reduceRight 2:reverse set slice 2:some 2:sort subarray toString 2:values Symbol.iterator',
            'Symbol.toStringTag'],
        // [E]
        ['%ArrayIteratorPrototype%', 'next Symbol.toStringTag'],
        ['%StringIteratorPrototype%', 'next Symbol.toStringTag'],
        ['%IteratorPrototype%', 'Symbol.iterator'],
        ['%AsyncFunction%', functionProperties],
        ['%AsyncFunction%.prototype', 'constructor Symbol.toStringTag'],
        // [E]: a stack is not shown.
        ['AggregateError', functionProperties],
        ['AggregateError.prototype', 'constructor message name'],
    ];

    const version = internal.isRuntime1 ? '1:' : '2:';

    /** Methods of what the prelude defined; the rest of that are methods of the table, too. */
    const others = 'encode encodeInto decode log alloc allocUnsafe allocUnsafeSlow byteLength compare concat from'
        + ' isBuffer isEncoding copy equals fill includes indexOf lastIndexOf slice subarray swap16 swap32'
        + ' swap64 toJSON write readInt16LE readInt16BE readUInt16LE readUInt16BE readInt32LE readInt32BE'
        + ' readUInt32LE readUInt32BE readFloatLE readFloatBE readDoubleLE readDoubleBE readInt8 readUInt8'
        + ' readIntLE readIntBE readUIntLE readUIntBE writeInt16LE writeInt16BE writeUInt16LE writeUInt16BE'
        + ' writeInt32LE writeInt32BE writeUInt32LE writeUInt32BE writeFloatLE writeFloatBE writeDoubleLE'
        + ' writeDoubleBE writeInt8 writeUInt8 writeIntLE writeIntBE writeUIntLE writeUIntBE';

    /** What of the table is no function. */
    const values = 'length name message caller arguments __proto__ E LN10 LN2 LOG10E LOG2E PI SQRT1_2 SQRT2 EPSILON'
        + ' MAX_SAFE_INTEGER MAX_VALUE MIN_SAFE_INTEGER MIN_VALUE NaN NEGATIVE_INFINITY POSITIVE_INFINITY'
        + ' asyncIterator hasInstance isConcatSpreadable iterator matchAll species toPrimitive toStringTag'
        + ' unscopables description flags global ignoreCase multiline source sticky buffer byteOffset';

    const holds = (names, name) => indexOf(' ' + names + ' ', ' ' + name + ' ') !== -1;

    const isInTable = (name) => {
        for (let i = 0; i < table.length; i += 1) {
            for (let j = 1; table[i][0] !== 'Object.prototype' && j < table[i].length; j += 1) {
                if (holds(table[i][j], name) || holds(table[i][j], version + name)) {
                    return true;
                }
            }
        }
        return false;
    };

    const isWord = (name) => indexOf(name, ' ') + indexOf(name, ':') + indexOf(name, '.') + indexOf(name, '*') === -4;

    /** Whether one of the built-in objects has a method of that name, so that it is a function for certain. */
    const isMethod = (name) => isWord(name) && !holds(values, name) && (holds(others, name) || isInTable(name));

    return { __proto__: null, functionProperties, typedArrayNames, errorNames, globals, table, isMethod };
})
