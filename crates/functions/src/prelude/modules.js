// `require`, which default imports are compiled to as well, and what of the language is refused at run time.
(function (host, internal) {
    'use strict';

    const { define, defineAll } = internal;

    // The text of njs in its safe mode [E]; it lets this one body through, which old libraries use to find the
    // global object.
    const GLOBAL_BODY = 'return this';

    const refuse = (args) => {
        if (args.length === 1 && args[0] === GLOBAL_BODY) {
            return { anonymous() { return globalThis; } }.anonymous;
        }
        throw new internal.TypeError('function constructor is disabled in "safe" mode');
    };

    /** The constructor of a kind of functions, which the function's own `constructor` leads to. */
    const closeConstructor = (prototype, constructor) => {
        internal.defineNative(constructor, 'prototype', { __proto__: null, value: prototype, writable: false });
        internal.defineNative(constructor, 'length', { __proto__: null, value: 1 });
        internal.defineNative(prototype, 'constructor', {
            __proto__: null, value: constructor, writable: true, enumerable: false, configurable: true,
        });
    };

    function Function() { return refuse(arguments); }
    function AsyncFunction() { return refuse(arguments); }

    const functionPrototype = internal.getPrototypeOf(refuse);
    closeConstructor(functionPrototype, Function);
    closeConstructor(internal.getPrototypeOf(async () => undefined), AsyncFunction);
    define(globalThis, 'Function', Function);

    /** The parts that modules are in. */
    const modules = { __proto__: null, crypto: 'prelude/crypto.js', querystring: 'prelude/querystring.js' };
    if (!internal.isRuntime1) {
        modules.buffer = 'prelude/buffer.js';
        modules.cloudfront = 'prelude/cloudfront.js';
    }

    defineAll(globalThis, {
        __proto__: null,
        eval(source) { throw new internal.InternalError('Not implemented'); },
        require(name) {
            if (name === undefined) {
                throw new internal.TypeError('missing path');
            }
            const path = internal.String(name);
            if (!internal.hasOwn(modules, path)) {
                throw new internal.Error('Cannot find module "' + path + '"');
            }
            return internal.load(modules[path]).module;
        },
    });

    // Called without `call` having been looked up: the host binds imports with it before a function's own code runs.
    define(internal, 'require', globalThis.require);
})
