// Globals and methods that most functions don't use: each is in a part that is loaded while an image is made if the
// function's text has one of its words, and otherwise in a run, when it is first looked at. What is loaded in
// a run has to be safe from what the function's own code has done until then, as everything that is called in a run.
(function (host, internal) {
    'use strict';

    const { define, defineAll, defineNative, setLengths } = internal;

    /** The parts that globals are in. */
    const globals = {
        __proto__: null, TextEncoder: 'prelude/text.js', TextDecoder: 'prelude/text.js', Date: 'prelude/date.js',
    };
    if (!internal.isRuntime1) {
        globals.atob = 'prelude/text.js';
        globals.btoa = 'prelude/text.js';
        globals.Buffer = 'prelude/buffer.js';
    }

    /** The parts by the other words of which a function has one that uses them. */
    const words = {
        __proto__: null,
        bind: 'prelude/bind.js',
        buffer: 'prelude/buffer.js',
        cloudfront: 'prelude/cloudfront.js',
        concat: 'prelude/concat.js',
        crypto: 'prelude/crypto.js',
        querystring: 'prelude/querystring.js',
        RegExp: 'prelude/regexp.js',
    };

    /** Where the global object is frozen a global stays as it is, and can't be assigned to. */
    const tryToAssign = (name, value) => internal.attempt(() => define(globalThis, name, value));

    /** Such a global becomes what any other is once it was looked at or assigned to. */
    const lazyGlobal = (name) => defineNative(globalThis, name, {
        __proto__: null,
        get() {
            const value = internal.load(globals[name])[name];
            tryToAssign(name, value);
            return value;
        },
        set(value) {
            if (this !== globalThis && this !== undefined) {
                internal.put(this, name, value);
            } else if (tryToAssign(name, value) === undefined) {
                throw new internal.TypeError('Cannot assign to read-only property "' + name + '" of object');
            }
        },
        enumerable: false,
        configurable: true,
    });

    for (const name in globals) {
        lazyGlobal(name);
    }

    const loadUsed = (parts) => {
        for (const word in parts) {
            if (host.uses(word)) {
                internal.load(parts[word]);
            }
        }
    };

    /** Loads what a function uses, before its image is taken. */
    internal.prepare = () => {
        loadUsed(globals);
        loadUsed(words);
        // By this word a function may find out that a global isn't loaded.
        const isLooked = host.uses('getOwnPropertyDescriptor');
        for (const name in globals) {
            if (isLooked || internal.loaded[globals[name]] !== undefined) {
                define(globalThis, name, internal.load(globals[name])[name]);
            }
        }
    };

    const functionPrototype = internal.getPrototypeOf(lazyGlobal);
    defineAll(functionPrototype, {
        __proto__: null,
        bind() {
            if (typeof this !== 'function') {
                throw new internal.TypeError('"this" argument is not a function');
            }
            return internal.load('prelude/bind.js')(this, arguments);
        },
    });
    setLengths(functionPrototype, { __proto__: null, bind: 1 });

    const { RegExp: replacement } = {
        RegExp: function (pattern, flags) { return internal.load('prelude/regexp.js')(pattern, flags); },
    };
    defineNative(replacement, 'prototype', { __proto__: null, value: RegExp.prototype, writable: false });
    define(RegExp.prototype, 'constructor', replacement);
    define(globalThis, 'RegExp', replacement);

    defineAll(globalThis, {
        __proto__: null,
        encodeURI(value) { return internal.encodeURI(internal.toText(value)); },
        encodeURIComponent(value) { return internal.encodeURIComponent(internal.toText(value)); },
    });
    define(Math, 'random', { random() { return host.random(); } }.random);
})
