// The texts of errors: the engine's, and njs's for the same, which AWS's are [O, E]. Loaded at the first error that the
// engine makes: `rewrite` is called with the error, the methods of its top call site, and that.
(function (host, internal) {
    'use strict';

    const {
        call, define, setPrototypeOf, slice, RangeError,
    } = internal;
    const { startsWith, endsWith, charCodeAt } = internal.uncurried('startsWith', 'endsWith', 'charCodeAt');

    const callsite = () => internal.load('prelude/callsite.js');

    /** The call sites' methods. */
    const { site } = internal;

    const lineOf = (at) => call(site.line, at);
    // The engine counts from 0 in a script's first line, and from 1 in all others.
    const columnOf = (at) => call(site.column, at) + (call(site.line, at) === 1 ? 1 : 0);

    const quote = (text) => '"' + text + '"';

    const notAFunction = (found) => {
        if (found === undefined) {
            return undefined;
        }
        if (found.isMember) {
            return found.property === undefined
                ? '(intermediate value) is not a function'
                : '(intermediate value)[' + quote(found.property) + '] is not a function';
        }
        // njs says the type of what was called. It isn't known here, and is undefined nearly always.
        const type = callsite().literalType(found.name, 'undefined');
        return (type === 'symbol' ? 'undefined' : type) + ' is not a function';
    };

    const typeOfOwner = (name) => {
        const code = charCodeAt(name, 0);
        return name === 'length' || (code >= 48 && code <= 57) ? 'array' : 'object';
    };

    const readOnly = (name, at, isNative) => {
        const found = isNative ? undefined : callsite().assigned(lineOf(at), columnOf(at));
        return found !== undefined && found.name === name && !constants[name]
            ? 'assignment to constant variable'
            : 'Cannot assign to read-only property ' + quote(name) + ' of ' + typeOfOwner(name);
    };

    /** Read-only properties of the global object, which look like variables. */
    const constants = { __proto__: null, undefined: true, NaN: true, Infinity: true };

    const nameAssigned = (at, isNative) => {
        const found = isNative ? undefined : callsite().assigned(lineOf(at), columnOf(at));
        return found === undefined ? undefined : found.property;
    };

    const notExtensible = (at, isNative) => {
        const name = nameAssigned(at, isNative);
        return 'Cannot add property' + (name === undefined ? '' : ' ' + quote(name)) + ', object is not extensible';
    };

    const onlyGetter = (at, isNative) => {
        const name = nameAssigned(at, isNative);
        return 'Cannot set property' + (name === undefined ? '' : ' ' + quote(name)) + ' of object which has only a getter';
    };

    const notDeleted = (at, isNative) => {
        const found = isNative ? undefined : callsite().deleted(lineOf(at), columnOf(at));
        const name = found === undefined ? undefined : found.property;
        return name === undefined
            ? 'Cannot delete property'
            : 'Cannot delete property ' + quote(name) + ' of ' + (name === 'prototype' ? 'function' : typeOfOwner(name));
    };

    /** Built-ins of which the text of a missing function is another than that of callbacks. */
    const functionArguments = {
        __proto__: null,
        Promise: 'unexpected arguments',
        sort: 'comparefn must be callable or undefined',
        call: '"this" argument is not a function',
        apply: '"this" argument is not a function',
        bind: '"this" argument is not a function',
    };

    const calledFunction = (at, isNative) => {
        if (!isNative) {
            return notAFunction(callsite().callee(lineOf(at), columnOf(at)));
        }
        const text = functionArguments[call(site.functionName, at)];
        return text === undefined ? 'callback argument is not callable' : text;
    };

    const digits = { __proto__: null, toPrecision: 'precision argument must be between 1 and 100' };

    const numberOfDigits = (at) => {
        const text = digits[call(site.functionName, at)];
        return text === undefined ? 'digits argument must be between 0 and 100' : text;
    };

    /** Texts of `not an object` by the built-in that says it. */
    const objectArguments = {
        __proto__: null,
        defineProperty: 'Object.defineProperty is called on non-object',
        setPrototypeOf: 'prototype may only be an object or null',
        getPrototypeOf: 'cannot convert undefined argument to object',
        toString: '"this" argument is not an object',
        apply: 'second argument is not an array-like object',
        resolve: 'this value is not an object',
        reject: 'this value is not an object',
    };

    const notAnObject = (at, isNative) => {
        const text = isNative ? objectArguments[call(site.functionName, at)] : undefined;
        if (text !== undefined || isNative) {
            return text;
        }
        return 'property set on primitive ' + callsite().primitiveType(lineOf(at), columnOf(at)) + ' type';
    };

    const calledWithoutNew = (name) => {
        if (name === 'Promise') {
            return 'the Promise constructor must be called with new';
        }
        return endsWith(name, 'Array') ? "Constructor of TypedArray requires 'new'" : 'Constructor ' + name + " requires 'new'";
    };

    const elementSize = (at) => {
        const name = call(site.functionName, at);
        return endsWith(name, '64Array') ? '8' : endsWith(name, '32Array') ? '4' : '2';
    };

    /** Built-ins of which the text says what the argument was: it isn't known here, and is likelier undefined. */
    const namesArgument = {
        __proto__: null, keys: true, values: true, entries: true, getOwnPropertyNames: true, getPrototypeOf: true,
        getOwnPropertyDescriptor: true, getOwnPropertyDescriptors: true, hasOwnProperty: true,
    };

    const notConvertible = (at, isNative) => {
        const found = isNative ? undefined : callsite().deleted(lineOf(at), columnOf(at));
        if (found !== undefined && found.property !== undefined) {
            return 'cannot get property ' + quote(found.property) + ' of undefined';
        }
        return isNative && namesArgument[call(site.functionName, at)]
            ? 'cannot convert undefined argument to object'
            : 'cannot convert null or undefined to object';
    };

    /**
     * The engine's whole messages, and njs's [E] for the same. A function is given the top call site and whether
     * that is a built-in; it gives `undefined` to leave the message as it is.
     */
    const exact = {
        __proto__: null,
        'not a function': calledFunction,
        'not a constructor': (at) => (call(site.functionName, at) === 'Symbol' ? 'Symbol' : 'function') + ' is not a constructor',
        'must be called with new': (at) => calledWithoutNew(call(site.functionName, at)),
        'not an object': notAnObject,
        'object is not extensible': notExtensible,
        'no setter for property': onlyGetter,
        'could not delete property': notDeleted,
        "invalid 'in' operand": (at) => 'property "in" on primitive ' + callsite().primitiveType(lineOf(at), columnOf(at)) + ' type',
        "invalid 'instanceof' right operand": () => 'right argument is not callable',
        'property is not configurable': () => 'Cannot redefine property',
        'object prototype may only be an Object or null': () => 'prototype may only be an object or null',
        'circular prototype chain': () => 'Cyclic __proto__ value',
        'circular reference': () => 'Nested too deep or a cyclic structure',
        'Property description must be an object': () => 'descriptor is not an object',
        'Invalid property descriptor. Cannot both specify accessors and a value or writable attribute':
            () => 'Cannot both specify accessors and a value or writable attribute',
        'Cannot convert undefined or null to object': notConvertible,
        'null or undefined are forbidden': () => 'cannot convert undefined to object',
        'cannot convert to object': () => 'cannot convert null or undefined to object',
        'cannot convert symbol to string': () => 'Cannot convert a Symbol value to a string',
        'cannot convert symbol to number': () => 'Cannot convert a Symbol value to a number',
        'toPrimitive': () => 'Cannot convert object to primitive value',
        'invalid property access': () => '"caller", "callee", "arguments" properties may not be accessed',
        'invalid array length': () => 'Invalid array length',
        'invalid repeat count': () => '',
        'invalid string length': () => '',
        'invalid code point': () => '',
        'toString() radix argument must be between 2 and 36': () => '',
        'invalid number of digits': numberOfDigits,
        'empty array': () => 'Reduce of empty object with no initial value',
        'expecting hex digit': () => 'malformed URI',
        'expecting surrogate pair': () => 'malformed URI',
        'malformed UTF-8': () => 'malformed URI',
        'expecting %': () => 'malformed URI',
        'invalid character': () => 'malformed URI',
        'Date value is NaN': () => 'Invalid time value',
        'invalid array index': () => 'invalid index',
        'invalid array buffer length': () => 'invalid index',
        'invalid length': (at) => 'byteLength of buffer must be multiple of ' + elementSize(at),
        'invalid offset': (at) => 'start offset must be multiple of ' + elementSize(at),
        'out of bound': () => 'index is outside the bound of the buffer',
        'not a object': () => 'second argument is not an array-like object',
        'ArrayBuffer object expected': () => 'buffer is not an ArrayBuffer',
        'Promise object expected': () => 'required a promise object',
        'RegExp object expected': () => '"this" argument is not a regexp',
        'not a number': () => 'unexpected value type',
        'not a boolean': () => 'unexpected value type',
        'not a symbol': () => 'unexpected value type',
        'not a string': () => 'unexpected value type',
        'not a Date object': () => 'cannot convert value to date',
    };

    /** Messages with a name in them: what is before it, what is after it, and njs's text. */
    const named = [
        ["cannot read property '", "' of undefined", (name) => 'cannot get property ' + quote(name) + ' of undefined'],
        ["cannot read property '", "' of null", (name) => 'cannot get property ' + quote(name) + ' of null'],
        ["cannot set property '", "' of undefined", () => 'property set on primitive undefined type'],
        ["cannot set property '", "' of null", () => 'property set on primitive null type'],
        ["'", "' is read-only", readOnly],
        ['', ' is not defined', (name) => quote(name) + ' is not defined'],
        ['', ' is not initialized', () => 'cannot access variable before initialization'],
        ['', ' is not a constructor', () => 'function is not a constructor'],
    ];
    setPrototypeOf(named, null);

    const byName = (message, at, isNative) => {
        for (let i = 0; i < named.length; i += 1) {
            const row = named[i];
            if (startsWith(message, row[0]) && endsWith(message, row[1])) {
                return row[2](slice(message, row[0].length, message.length - row[1].length), at, isNative);
            }
        }
        return undefined;
    };

    /** A string that is too long is an InternalError to the engine, a RangeError to njs [E]. */
    const stringTooLong = (error) => {
        setPrototypeOf(error, RangeError.prototype);
        define(error, 'message', 'invalid string length');
    };

    /** `isPrelude` says that the prelude's own code made the error, whose texts may look like the engine's. */
    const rewrite = (error, message, top, isPrelude) => {
        if (message === 'string too long') {
            stringTooLong(error);
            return;
        }
        const isNative = call(site.isNative, top);
        const text = exact[message] !== undefined
            ? exact[message](top, isNative)
            : isPrelude ? undefined : byName(message, top, isNative);
        if (text !== undefined) {
            define(error, 'message', text);
        }
    };

    /** The whole messages, each between two ends of lines. */
    const messages = () => {
        const names = internal.ownKeys(exact);
        let text = '\nstring too long\n';
        for (let i = 0; i < names.length; i += 1) {
            text += names[i] + '\n';
        }
        return text;
    };

    return { __proto__: null, rewrite, messages };
})
