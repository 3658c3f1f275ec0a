// Globals and modules that most functions don't use: each is a part that is loaded while the image is built if the
// function's text has one of its words, and otherwise in a run, when it is first looked at. What is loaded in a
// run has to be safe from what the function's own code has done until then, as everything that is called in a run.
(function (host, internal) {
    'use strict';

    const { define, defineNative, put, TypeError } = internal;

    /** Words by which a function may find out that a global isn't loaded. */
    const isLooked = host.uses('getOwnPropertyDescriptor');

    define(internal, 'loadBytes', internal.onDemand('prelude/bytes.js'));

    const part = (name, words) => {
        const load = internal.onDemand(name);
        for (let i = 0; i < words.length; i += 1) {
            if (host.uses(words[i])) {
                load();
                return { __proto__: null, load, isLoaded: true };
            }
        }
        return { __proto__: null, load, isLoaded: false };
    };

    const text = part('prelude/text.js', ['atob', 'btoa', 'TextEncoder', 'TextDecoder']);
    const buffer = part('prelude/buffer.js', ['Buffer', 'buffer']);
    const date = part('prelude/date.js', ['Date']);
    const crypto = part('prelude/crypto.js', ['crypto']);
    const querystring = part('prelude/querystring.js', ['querystring']);
    const cloudfront = part('prelude/cloudfront.js', ['cloudfront']);

    /** Such a global becomes what any other is once it was looked at or assigned to. */
    const lazyGlobal = ({ load, isLoaded }, name) => {
        if (isLoaded || isLooked) {
            define(globalThis, name, load()[name]);
            return;
        }
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

    lazyGlobal(text, 'atob');
    lazyGlobal(text, 'btoa');
    lazyGlobal(text, 'TextEncoder');
    lazyGlobal(text, 'TextDecoder');
    lazyGlobal(buffer, 'Buffer');
    lazyGlobal(date, 'Date');

    const lazyModule = (name, load) => defineNative(internal.modules, name, { __proto__: null, get: load, configurable: true });

    lazyModule('buffer', () => buffer.load().module);
    lazyModule('crypto', crypto.load);
    lazyModule('querystring', querystring.load);
    lazyModule('cloudfront', cloudfront.load);

    define(internal, 'buffer', buffer.load);
    internal.defineAll(globalThis, {
        __proto__: null,
        encodeURI(value) { return internal.encodeURI(internal.toText(value)); },
        encodeURIComponent(value) { return internal.encodeURIComponent(internal.toText(value)); },
    });
    define(Math, 'random', { random() { return host.random(); } }.random);
})
