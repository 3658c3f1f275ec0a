// The texts of errors: the engine's are rewritten into njs's (`texts.js`). The engine calls a hidden
// function for every error that it makes (`Error.prepareStackTrace`, of which a function sees nothing); that
// function may set the message. What it gives is kept for the error in place of a stack: the place in the program.
(function (host, internal) {
    'use strict';

    const {
        call, define, defineNative, getOwnPropertyDescriptor, getPrototypeOf, isError, hasOwn, indexOf, attempts,
        SyntaxError,
    } = internal;

    const stack = getOwnPropertyDescriptor(Error.prototype, 'stack').get;

    /** The call sites' methods and this file's name: filled in from the first error, below. */
    let site;
    let thisFile;

    const messageOf = (error) => {
        const descriptor = getOwnPropertyDescriptor(error, 'message');
        return descriptor !== undefined && hasOwn(descriptor, 'value') ? descriptor.value : undefined;
    };

    /** Texts of the prelude's own may look like the engine's. */
    const isPrelude = (at) => call(site.fileName, at) === '';

    /**
     * The top call site is the first of the function's own: what the prelude does on its behalf is a built-in to it. No
     * text of a SyntaxError is changed, and seldom one that the prelude itself makes: these have to cost little.
     */
    const rewrite = (error, top) => {
        const message = messageOf(error);
        const isOurs = isPrelude(top);
        if (typeof message !== 'string' || getPrototypeOf(error) === SyntaxError.prototype) {
            return;
        }
        if (isOurs && indexOf(internal.messages, '\n' + message + '\n') === -1) {
            return;
        }
        try {
            internal.load('prelude/texts.js').rewrite(error, message, top, isOurs);
        } catch (_) {
            // Where there is neither stack nor memory to load the texts, the engine's own stays.
        }
    };

    /** Errors that code makes itself come by way of the constructors below, and keep the message they were given. */
    const isMadeByCode = (top) => call(site.fileName, top) === thisFile && thisFile !== undefined;

    /** The file name of a function's own code. */
    const PROGRAM = 'function';

    /** A place as one number, which is what the engine keeps for the error in place of its stack. */
    const COLUMNS = 2 ** 20;

    const placeAt = (sites) => {
        for (let i = 0; i < sites.length; i += 1) {
            if (call(site.fileName, sites[i]) === PROGRAM) {
                return call(site.line, sites[i]) * COLUMNS + call(site.column, sites[i]);
            }
        }
        return 0;
    };

    const hidden = (error, sites) => {
        if (attempts.isTried || !isError(error) || call(stack, error) !== undefined || sites.length === 0) {
            return 0;
        }
        if (!isMadeByCode(sites[0])) {
            rewrite(error, sites[0]);
        }
        return placeAt(sites);
    };

    /** Where in a function's code an error was made, as `{line, column}`; `undefined` if that isn't known. */
    define(internal, 'placeOf', (error) => {
        const place = isError(error) ? call(stack, error) : undefined;
        if (typeof place !== 'number' || place === 0) {
            return undefined;
        }
        return { __proto__: null, line: internal.floor(place / COLUMNS), column: place % COLUMNS };
    });

    const learn = (error, sites) => {
        const prototype = getPrototypeOf(sites[0]);
        thisFile = sites[0].getFileName();
        site = {
            __proto__: null,
            isNative: prototype.isNative,
            fileName: prototype.getFileName,
            functionName: prototype.getFunctionName,
            line: prototype.getLineNumber,
            column: prototype.getColumnNumber,
        };
        define(internal, 'site', site);
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
