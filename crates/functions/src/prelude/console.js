// console: `log` alone, and of its arguments the first alone [D R20: `console.log('a', 'b')` is "not supported"].
(function (host, internal) {
    'use strict';

    /** A string by itself is printed as it is; other values have a form that is loaded when one is printed. */
    const textOf = (value) => {
        switch (typeof value) {
            case 'string': return value;
            case 'number': return value === 0 && 1 / value < 0 ? '-0' : internal.call(internal.methods.numberToString, value, 10);
            case 'boolean': return value ? 'true' : 'false';
            case 'undefined': return 'undefined';
            default: return internal.load('prelude/dump.js')(value);
        }
    };

    const console = {};
    internal.defineNative(console, 'log', {
        __proto__: null,
        value: {
            log(value) { host.log(arguments.length === 0 ? '' : textOf(value)); },
        }.log,
        writable: true, enumerable: true, configurable: true,
    });
    internal.defineNative(console.log, 'length', { __proto__: null, value: 0 });
    internal.defineNative(console, internal.Symbol.toStringTag, { __proto__: null, value: 'Console' });
    internal.define(globalThis, 'console', console);
})
