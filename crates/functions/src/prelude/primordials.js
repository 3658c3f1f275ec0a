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
    const { bind, call } = Function.prototype;

    /** `uncurry(Array.prototype.slice)(list, 1)` is `list.slice(1)`, whatever `slice` is by then. */
    const uncurry = apply(bind, bind, [call]);

    const getterOf = (object, name) => getOwnPropertyDescriptor(object, name).get;

    const typedArrayPrototype = getPrototypeOf(Uint8Array.prototype);

    /**
     * Methods that are seldom needed: they are called by `call`, or parts that are loaded on demand make functions of them by
     * `uncurried`. What `uncurry` makes takes twice the memory of the method, and all that is here is copied for each run.
     */
    const methods = {
        __proto__: null,
        charCodeAt: String.prototype.charCodeAt,
        arrayConcat: Array.prototype.concat,
        startsWith: String.prototype.startsWith,
        endsWith: String.prototype.endsWith,
        toLowerCase: String.prototype.toLowerCase,
        stringValue: String.prototype.valueOf,
        numberToString: Number.prototype.toString,
        numberValue: Number.prototype.valueOf,
        errorToString: Error.prototype.toString,
        booleanValue: Boolean.prototype.valueOf,
        symbolToString: Symbol.prototype.toString,
        dateToISOString: Date.prototype.toISOString,
        dateValue: Date.prototype.getTime,
        regExpToString: RegExp.prototype.toString,
        regExpExec: RegExp.prototype.exec,
        regExpSource: getterOf(RegExp.prototype, 'source'),
        regExpMatch: RegExp.prototype[Symbol.match],
        promiseResolve: Promise.resolve,
        promiseReject: Promise.reject,
        bufferSlice: ArrayBuffer.prototype.slice,
        bufferByteLength: getterOf(ArrayBuffer.prototype, 'byteLength'),
        typedArrayTag: getterOf(typedArrayPrototype, Symbol.toStringTag),
        typedArrayLength: getterOf(typedArrayPrototype, 'length'),
        typedArrayBuffer: getterOf(typedArrayPrototype, 'buffer'),
        typedArrayByteLength: getterOf(typedArrayPrototype, 'byteLength'),
        typedArrayByteOffset: getterOf(typedArrayPrototype, 'byteOffset'),
        typedArraySet: typedArrayPrototype.set,
        typedArrayFill: typedArrayPrototype.fill,
        dataViewBuffer: getterOf(DataView.prototype, 'buffer'),
        dataViewByteLength: getterOf(DataView.prototype, 'byteLength'),
        dataViewByteOffset: getterOf(DataView.prototype, 'byteOffset'),
        getFloat32: DataView.prototype.getFloat32,
        getFloat64: DataView.prototype.getFloat64,
        setFloat32: DataView.prototype.setFloat32,
        setFloat64: DataView.prototype.setFloat64,
    };

    /** The functions that `uncurry` makes of the methods of these names, under the same. */
    const uncurried = (...names) => {
        const made = { __proto__: null };
        for (let i = 0; i < names.length; i += 1) {
            made[names[i]] = uncurry(methods[names[i]]);
        }
        return made;
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

    const { toWellFormed } = String.prototype;

    /**
     * njs's strings are UTF-8, so that half a surrogate pair is U+FFFD to it, where JavaScript throws [E]. The
     * argument has to be text.
     */
    const lenient = (encode) => (text) => {
        try {
            return encode(text);
        } catch (_) {
            return encode(apply(toWellFormed, text, []));
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

    /** The parts that were loaded, by name. */
    const loaded = { __proto__: null };

    /** A part of the prelude that isn't in the image: it is loaded when it is first called for, in each run anew. */
    const load = (name) => {
        if (loaded[name] === undefined) {
            loaded[name] = host.load(name)(host, internal);
        }
        return loaded[name];
    };

    const { toStringTag } = Symbol;

    /** Makes an object a module. */
    const asModule = (object, name) => defineProperty(object, toStringTag, { __proto__: null, value: name, configurable: true });

    /** What a built-in makes of an argument that has to be text; `String(symbol)` would not refuse. */
    const toText = (value) => {
        if (typeof value === 'symbol') {
            throw new TypeError('Cannot convert a Symbol value to a string');
        }
        return typeof value === 'string' ? value : internal.String(value);
    };

    const isObject = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function';

    defineAll(internal, {
        __proto__: null,
        apply, construct, ownKeys, uncurry, methods, uncurried,
        call: uncurry(call),
        bind,
        setPrototypeOf, getPrototypeOf, getOwnPropertyDescriptor,
        defineNative: defineProperty,
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
        String, Object, Symbol, Uint8Array, ArrayBuffer, DataView, Promise, RegExp, Date,
        Error, TypeError, RangeError, SyntaxError, InternalError,
        jsonParse: JSON.parse,
        jsonStringify: JSON.stringify,
        fromCharCode: String.fromCharCode,
        slice: uncurry(String.prototype.slice),
        indexOf: uncurry(String.prototype.indexOf),
        isError: Error.isError,
        isView: ArrayBuffer.isView,
        isRuntime1: host.runtime() === '1.0',
        newList, define, put, defineGetter, defineAll, setLengths, toArray, isObject,
        asModule, attempt, attempts, toText, load, loaded,
        encodeURI: lenient(encodeURI), encodeURIComponent: lenient(encodeURIComponent),
    });
})
