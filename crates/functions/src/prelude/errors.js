// The texts of errors: the engine's are rewritten into njs's, which AWS's are [O, E]. The engine calls a hidden
// function for every error that it makes (`Error.prepareStackTrace`, of which a function sees nothing); that
// function may set the message. What it gives is kept for the error in place of a stack: the place in the program.
(function (host, internal) {
    'use strict';

    const {
        uncurry, define, defineNative, setPrototypeOf, getOwnPropertyDescriptor, isError, hasOwn,
        startsWith, endsWith, slice, charCodeAt, RangeError,
    } = internal;

    const callsite = internal.onDemand('prelude/callsite.js');

    const stackOf = uncurry(getOwnPropertyDescriptor(Error.prototype, 'stack').get);

    /** The call sites' methods, this file's name and its folder's: filled in from the first error, below. */
    let site;
    let thisFile;
    let folder;

    const lineOf = (at) => site.line(at);
    // The engine counts from 0 in a script's first line, and from 1 in all others.
    const columnOf = (at) => site.column(at) + (site.line(at) === 1 ? 1 : 0);

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
        const text = functionArguments[site.functionName(at)];
        return text === undefined ? 'callback argument is not callable' : text;
    };

    const digits = { __proto__: null, toPrecision: 'precision argument must be between 1 and 100' };

    const numberOfDigits = (at) => {
        const text = digits[site.functionName(at)];
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
        const text = isNative ? objectArguments[site.functionName(at)] : undefined;
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
        const name = site.functionName(at);
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
        return isNative && namesArgument[site.functionName(at)]
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
        'not a constructor': (at) => (site.functionName(at) === 'Symbol' ? 'Symbol' : 'function') + ' is not a constructor',
        'must be called with new': (at) => calledWithoutNew(site.functionName(at)),
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

    const messageOf = (error) => {
        const descriptor = getOwnPropertyDescriptor(error, 'message');
        return descriptor !== undefined && hasOwn(descriptor, 'value') ? descriptor.value : undefined;
    };

    /** The first call site of the function's own: what the prelude does on its behalf is a built-in to it. */
    const rewrite = (error, top) => {
        const message = messageOf(error);
        if (typeof message !== 'string') {
            return;
        }
        if (message === 'string too long') {
            stringTooLong(error);
            return;
        }
        const isNative = site.isNative(top);
        const text = exact[message] !== undefined
            ? exact[message](top, isNative)
            : isPrelude(top) ? undefined : byName(message, top, isNative);
        if (text !== undefined) {
            define(error, 'message', text);
        }
    };

    /** Texts of the prelude's own may look like the engine's. */
    const isPrelude = (at) => {
        const name = site.fileName(at);
        return typeof name === 'string' && startsWith(name, folder);
    };

    /** Errors that code makes itself come by way of the constructors below, and keep the message they were given. */
    const isMadeByCode = (top) => site.fileName(top) === thisFile && thisFile !== undefined;

    /** The file name of a function's own code. */
    const PROGRAM = 'function';

    /** A place as one number, which is what the engine keeps for the error in place of its stack. */
    const COLUMNS = 2 ** 20;

    const placeAt = (sites) => {
        for (let i = 0; i < sites.length; i += 1) {
            if (site.fileName(sites[i]) === PROGRAM) {
                return site.line(sites[i]) * COLUMNS + site.column(sites[i]);
            }
        }
        return 0;
    };

    const hidden = (error, sites) => {
        if (!isError(error) || stackOf(error) !== undefined || sites.length === 0) {
            return 0;
        }
        if (!isMadeByCode(sites[0])) {
            rewrite(error, sites[0]);
        }
        return placeAt(sites);
    };

    /** Where in a function's code an error was made, as `{line, column}`; `undefined` if that isn't known. */
    define(internal, 'placeOf', (error) => {
        const place = isError(error) ? stackOf(error) : undefined;
        if (typeof place !== 'number' || place === 0) {
            return undefined;
        }
        return { __proto__: null, line: internal.floor(place / COLUMNS), column: place % COLUMNS };
    });

    const learn = (error, sites) => {
        const prototype = internal.getPrototypeOf(sites[0]);
        thisFile = sites[0].getFileName();
        folder = slice(thisFile, 0, internal.lastIndexOf(thisFile, '/') + 1);
        site = {
            __proto__: null,
            isNative: uncurry(prototype.isNative),
            fileName: uncurry(prototype.getFileName),
            functionName: uncurry(prototype.getFunctionName),
            line: uncurry(prototype.getLineNumber),
            column: uncurry(prototype.getColumnNumber),
        };
        return 0;
    };

    Error.prepareStackTrace = learn;
    new Error('to see a call site');
    Error.prepareStackTrace = hidden;
    // Enough to find the function's code behind a built-in and the prelude; few, as each costs time and memory.
    Error.stackTraceLimit = 8;

    /**
     * The constructors as a function sees them. They pass the message on, and no options, of which njs knows none
     * [E]; and an error that is made in them is seen to be the function's own.
     */
    const constructorOf = (name, Native) => ({
        __proto__: null,
        [name]: function (message) { return message === undefined ? new Native() : new Native(message); },
    })[name];

    const replace = (name, constructor, Native) => {
        defineNative(constructor, 'prototype', {
            __proto__: null, value: Native.prototype, writable: false, enumerable: false, configurable: false,
        });
        defineNative(constructor, 'name', { __proto__: null, value: name, configurable: true });
        define(Native.prototype, 'constructor', constructor);
        define(globalThis, name, constructor);
    };

    const replaceAll = (names) => {
        for (let i = 0; i < names.length; i += 1) {
            const Native = globalThis[names[i]];
            replace(names[i], constructorOf(names[i], Native), Native);
        }
    };

    const NativeAggregateError = AggregateError;
    replaceAll([
        'Error', 'EvalError', 'InternalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError',
    ]);
    replace('AggregateError', function (errors, message) {
        return message === undefined ? new NativeAggregateError(errors) : new NativeAggregateError(errors, message);
    }, NativeAggregateError);
    defineNative(globalThis.AggregateError, 'length', { __proto__: null, value: 1 });

    // njs has it, and so has AWS's list of errors [D R20]; the engine has it of its own, too.
    define(globalThis.InternalError.prototype, 'name', 'InternalError');
})
