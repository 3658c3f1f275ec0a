// console: `log` alone, and of its arguments the first alone [D R20: `console.log('a', 'b')` is "not supported"].
(function (host, internal) {
    'use strict';

    const console = {};
    internal.defineNative(console, 'log', {
        __proto__: null,
        value: {
            log(value) { host.log(arguments.length === 0 ? '' : internal.dump(value)); },
        }.log,
        writable: true, enumerable: true, configurable: true,
    });
    internal.defineNative(console.log, 'length', { __proto__: null, value: 0 });
    internal.defineNative(console, internal.Symbol.toStringTag, { __proto__: null, value: 'Console' });
    internal.define(globalThis, 'console', console);
})
