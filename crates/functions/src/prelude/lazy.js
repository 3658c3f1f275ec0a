// Globals and modules that most functions don't use: each is a part that is loaded while an image is made if the
// function's text has one of its words, and otherwise in a run, when it is first looked at. What is loaded in a
// run has to be safe from what the function's own code has done until then, as everything that is called in a run.
(function (host, internal) {
    'use strict';

    const { define, defineNative, newList, put, TypeError } = internal;

    define(internal, 'loadBytes', internal.onDemand('prelude/bytes.js'));

    const parts = newList();

    const part = (name, words) => {
        const made = { __proto__: null, load: internal.onDemand(name), words };
        parts[parts.length] = made;
        return made;
    };

    const text = part('prelude/text.js', ['atob', 'btoa', 'TextEncoder', 'TextDecoder']);
    const buffer = part('prelude/buffer.js', ['Buffer', 'buffer']);
    const date = part('prelude/date.js', ['Date']);
    const crypto = part('prelude/crypto.js', ['crypto']);
    const querystring = part('prelude/querystring.js', ['querystring']);
    const cloudfront = part('prelude/cloudfront.js', ['cloudfront']);

    const globals = newList();

    const finish = (global) => define(globalThis, global.name, global.load()[global.name]);

    /** Such a global becomes what any other is once it was looked at or assigned to. */
    const lazyGlobal = ({ load, words }, name) => {
        globals[globals.length] = { __proto__: null, name, load, words };
        // Where the global object is frozen it stays as it is, and can't be assigned to.
        const assign = (value) => define(globalThis, name, value);
        defineNative(globalThis, name, {
            __proto__: null,
            get() {
                const value = load()[name];
                internal.attempt(assign, value);
                return value;
            },
            set(value) {
                if (this !== globalThis && this !== undefined) {
                    put(this, name, value);
                } else if (internal.attempt(assign, value) === undefined) {
                    throw new TypeError('Cannot assign to read-only property "' + name + '" of object');
                }
            },
            enumerable: false,
            configurable: true,
        });
    };

    lazyGlobal(text, 'TextEncoder');
    lazyGlobal(text, 'TextDecoder');
    lazyGlobal(date, 'Date');
    if (!internal.isRuntime1) {
        lazyGlobal(text, 'atob');
        lazyGlobal(text, 'btoa');
        lazyGlobal(buffer, 'Buffer');
    }

    const lazyModule = (name, load) => defineNative(internal.modules, name, { __proto__: null, get: load, configurable: true });

    lazyModule('crypto', crypto.load);
    lazyModule('querystring', querystring.load);
    if (!internal.isRuntime1) {
        lazyModule('buffer', () => buffer.load().module);
        lazyModule('cloudfront', cloudfront.load);
    }

    const isUsed = ({ words }) => {
        for (let i = 0; i < words.length; i += 1) {
            if (host.uses(words[i])) {
                return true;
            }
        }
        return false;
    };

    /** Loads what a function uses, before its image is taken. */
    internal.prepare = () => {
        for (let i = 0; i < parts.length; i += 1) {
            if (isUsed(parts[i])) {
                parts[i].load();
            }
        }
        // By this word a function may find out that a global isn't loaded.
        const isLooked = host.uses('getOwnPropertyDescriptor');
        for (let i = 0; i < globals.length; i += 1) {
            if (isLooked || isUsed(globals[i])) {
                finish(globals[i]);
            }
        }
    };

    define(internal, 'buffer', buffer.load);
    internal.defineAll(globalThis, {
        __proto__: null,
        encodeURI(value) { return internal.encodeURI(internal.toText(value)); },
        encodeURIComponent(value) { return internal.encodeURIComponent(internal.toText(value)); },
    });
    define(Math, 'random', { random() { return host.random(); } }.random);
})
