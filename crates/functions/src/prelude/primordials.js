// What the prelude needs of the engine, taken before a function can change it. A function may replace
// `Array.prototype.push` or define setters on `Object.prototype`; the prelude keeps working, because it
//
//  * calls built-ins by the names of this file only,
//  * keeps its own data in objects and lists without a prototype, and
//  * uses no syntax that looks something up in a prototype: no `for…of`, no spread in calls or arrays, no
//    destructuring of arrays, no template literals.
(function (host, internal) {
    'use strict';

    const { apply, construct, ownKeys } = Reflect;
    const { setPrototypeOf, getPrototypeOf, defineProperty, getOwnPropertyDescriptor } = Object;
    const bind = Function.prototype.bind;

    /** `uncurry(Array.prototype.slice)(list, 1)` is `list.slice(1)`, whatever `slice` is by then. */
    const uncurry = apply(bind, bind, [Function.prototype.call]);

    const getter = (object, name) => uncurry(getOwnPropertyDescriptor(object, name).get);

    const toWellFormed = uncurry(String.prototype.toWellFormed);

    const typedArrayPrototype = getPrototypeOf(Uint8Array.prototype);

    const primordials = {
        __proto__: null,
        apply, construct, ownKeys, uncurry,
        setPrototypeOf, getPrototypeOf, getOwnPropertyDescriptor,
        defineNative: defineProperty,
        getOwnPropertyNames: Object.getOwnPropertyNames,
        create: Object.create,
        freeze: Object.freeze,
        keys: Object.keys,
        isArray: Array.isArray,
        hasOwn: uncurry(Object.prototype.hasOwnProperty),
        isInteger: Number.isInteger,
        isFinite,
        trunc: Math.trunc,
        min: Math.min,
        max: Math.max,
        floor: Math.floor,
        String, Number, Boolean, Object, Array, Symbol, Uint8Array, ArrayBuffer, DataView, Promise,
        Error, TypeError, RangeError, SyntaxError, ReferenceError, InternalError, URIError, RegExp, Date,
        jsonParse: JSON.parse,
        jsonStringify: JSON.stringify,
        fromCharCode: String.fromCharCode,
        charCodeAt: uncurry(String.prototype.charCodeAt),
        slice: uncurry(String.prototype.slice),
        indexOf: uncurry(String.prototype.indexOf),
        lastIndexOf: uncurry(String.prototype.lastIndexOf),
        startsWith: uncurry(String.prototype.startsWith),
        endsWith: uncurry(String.prototype.endsWith),
        toLowerCase: uncurry(String.prototype.toLowerCase),
        numberToString: uncurry(Number.prototype.toString),
        numberValue: uncurry(Number.prototype.valueOf),
        booleanValue: uncurry(Boolean.prototype.valueOf),
        stringValue: uncurry(String.prototype.valueOf),
        symbolToString: uncurry(Symbol.prototype.toString),
        dateToISOString: uncurry(Date.prototype.toISOString),
        dateValue: uncurry(Date.prototype.getTime),
        errorToString: uncurry(Error.prototype.toString),
        isError: Error.isError,
        regExpToString: uncurry(RegExp.prototype.toString),
        promiseResolve: apply(bind, Promise.resolve, [Promise]),
        promiseReject: apply(bind, Promise.reject, [Promise]),
        isView: ArrayBuffer.isView,
        bufferSlice: uncurry(ArrayBuffer.prototype.slice),
        bufferByteLength: getter(ArrayBuffer.prototype, 'byteLength'),
        typedArrayTag: getter(typedArrayPrototype, Symbol.toStringTag),
        typedArrayLength: getter(typedArrayPrototype, 'length'),
        typedArrayBuffer: getter(typedArrayPrototype, 'buffer'),
        typedArrayByteLength: getter(typedArrayPrototype, 'byteLength'),
        typedArrayByteOffset: getter(typedArrayPrototype, 'byteOffset'),
        typedArraySet: uncurry(typedArrayPrototype.set),
        typedArrayFill: uncurry(typedArrayPrototype.fill),
        dataViewBuffer: getter(DataView.prototype, 'buffer'),
        dataViewByteLength: getter(DataView.prototype, 'byteLength'),
        dataViewByteOffset: getter(DataView.prototype, 'byteOffset'),
        getFloat32: uncurry(DataView.prototype.getFloat32),
        getFloat64: uncurry(DataView.prototype.getFloat64),
        setFloat32: uncurry(DataView.prototype.setFloat32),
        setFloat64: uncurry(DataView.prototype.setFloat64),
    };

    /** A list whose elements no setter on `Array.prototype` can intercept. */
    const newList = () => setPrototypeOf([], null);

    /** Defines a data property as built-ins have theirs: writable, configurable, not enumerable. */
    const define = (object, name, value) => defineProperty(object, name, {
        __proto__: null, value, writable: true, enumerable: false, configurable: true,
    });

    /** Defines a property as an assignment in an object literal would, setters notwithstanding. */
    const put = (object, name, value) => defineProperty(object, name, {
        __proto__: null, value, writable: true, enumerable: true, configurable: true,
    });

    const defineGetter = (object, name, get) => defineProperty(object, name, {
        __proto__: null, get, set: undefined, enumerable: false, configurable: true,
    });

    /** Copies the methods of a literal, so that they have names, and no `prototype` to construct with. */
    const defineAll = (object, methods) => {
        const names = ownKeys(methods);
        for (let i = 0; i < names.length; i += 1) {
            define(object, names[i], methods[names[i]]);
        }
        return object;
    };

    /** Sets the `length` of built-in functions, where it isn't the number of their parameters. */
    const setLengths = (object, lengths) => {
        const names = ownKeys(lengths);
        for (let i = 0; i < names.length; i += 1) {
            defineProperty(object[names[i]], 'length', { __proto__: null, value: lengths[names[i]] });
        }
    };

    /** A plain array of the elements of a list, safe to give to a function. */
    const toArray = (list) => {
        const array = [];
        for (let i = 0; i < list.length; i += 1) {
            put(array, i, list[i]);
        }
        return array;
    };

    /** The name that njs gives to a value's type in its messages [E]. */
    const typeName = (value) => {
        if (value === null) {
            return 'null';
        }
        return primordials.isArray(value) ? 'array' : typeof value;
    };

    /**
     * njs's strings are UTF-8, so that half a surrogate pair is U+FFFD to it, where JavaScript throws [E]. The
     * argument has to be text.
     */
    const lenient = (encode) => (text) => {
        try {
            return encode(text);
        } catch (_) {
            return encode(toWellFormed(text));
        }
    };

    /** Whether an error that is made is one of `attempt`, which needs neither a text nor a place. */
    const attempts = { __proto__: null, isTried: false };

    /** What a built-in that runs no code of the function's gives; `undefined` where it throws. */
    const attempt = (builtIn, value) => {
        attempts.isTried = true;
        try {
            return builtIn(value);
        } catch (_) {
            return undefined;
        } finally {
            attempts.isTried = false;
        }
    };

    const regExpSource = getter(RegExp.prototype, 'source');

    /** The getter of `source` refuses every object that is no RegExp, but for the prototype. */
    const isRegExp = (value) => attempt(regExpSource, value) !== undefined;

    /** A part of the prelude that isn't in the image: it is loaded when it is first called for, in each run anew. */
    const onDemand = (name) => {
        let part;
        return () => {
            if (part === undefined) {
                part = host.load(name)(host, internal);
            }
            return part;
        };
    };

    const match = uncurry(RegExp.prototype[Symbol.match]);
    const { exec } = RegExp.prototype;

    /**
     * A regular expression of the prelude's, with all its matches in a text. What the engine looks up in it is its
     * own, so that nothing is looked up in the prototype.
     */
    const NativeRegExp = RegExp;
    const privateRegExp = (source) => {
        const regExp = new NativeRegExp(source, 'g');
        const own = { __proto__: null, exec, flags: 'g', global: true, unicode: false };
        for (const name in own) {
            defineProperty(regExp, name, { __proto__: null, value: own[name] });
        }
        return { __proto__: null, matchAll: (text) => match(regExp, text) || [] };
    };

    const { toStringTag } = Symbol;

    /** Makes an object a module. */
    const asModule = (object, name) => defineProperty(object, toStringTag, { __proto__: null, value: name, configurable: true });

    /** What a built-in makes of an argument that has to be text; `String(symbol)` would not refuse. */
    const toText = (value) => {
        if (typeof value === 'symbol') {
            throw new TypeError('Cannot convert a Symbol value to a string');
        }
        return typeof value === 'string' ? value : primordials.String(value);
    };

    const isObject = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function';

    /**
     * An index as njs converts it: whole, never negative [E]. An index that is left out is `undefined`, which
     * the caller replaces by its default first.
     */
    const toIndex = (value) => {
        const index = primordials.trunc(+value) || 0;
        if (index < 0 || index > 9007199254740991) {
            throw new RangeError('invalid index');
        }
        return index;
    };

    const weakMapGet = uncurry(WeakMap.prototype.get);
    const weakMapSet = uncurry(WeakMap.prototype.set);
    const NativeWeakMap = WeakMap;

    /** What belongs to an object and can't be seen in it. */
    const newPrivates = () => {
        const map = new NativeWeakMap();
        return {
            __proto__: null,
            get: (object) => weakMapGet(map, object),
            set: (object, value) => weakMapSet(map, object, value),
        };
    };

    primordials.setPrototypeOf(internal, null);
    defineAll(internal, primordials);
    defineAll(internal, {
        __proto__: null,
        modules: { __proto__: null },
        isRuntime1: host.runtime() === '1.0',
        newList, define, put, defineGetter, defineAll, setLengths, toArray, typeName, isObject, toIndex, newPrivates,
        asModule, attempt, attempts, isRegExp, toText, privateRegExp, onDemand,
        encodeURI: lenient(encodeURI), encodeURIComponent: lenient(encodeURIComponent),
    });
})
