// RegExp as njs has it [E]: the flags g, i, m and y, and the texts of its library for patterns, PCRE2. Literals don't
// come here: their flags and patterns are checked with the syntax.
(function (host, internal) {
    'use strict';

    const { define, defineNative, indexOf, getPrototypeOf, isObject, String, SyntaxError } = internal;

    const Native = RegExp;
    const FLAGS = 'gimy';

    const checkFlags = (flags) => {
        for (let i = 0; i < flags.length; i += 1) {
            if (indexOf(FLAGS, flags[i]) === -1 || indexOf(flags, flags[i], i + 1) !== -1) {
                throw new SyntaxError('Invalid RegExp flags "' + flags + '"');
            }
        }
        return flags;
    };

    const patternError = internal.onDemand('prelude/patterns.js');

    /** The engine's own error where there is neither stack nor memory to load another. */
    const reworded = (pattern, error) => {
        try {
            return patternError()(pattern, error);
        } catch (_) {
            return error;
        }
    };

    const compile = (pattern, flags) => {
        try {
            return new Native(pattern, flags);
        } catch (error) {
            throw getPrototypeOf(error) === SyntaxError.prototype ? reworded(pattern, error) : error;
        }
    };

    const isRegExp = (value) => isObject(value) && internal.isRegExp(value);

    /** njs always makes a new one, also when it is called without `new` [E]. */
    const { RegExp: replacement } = {
        RegExp: function (pattern, flags) {
            const source = isRegExp(pattern) ? pattern.source : pattern === undefined ? '' : String(pattern);
            const given = flags === undefined && isRegExp(pattern) ? pattern.flags : flags;
            return compile(source, checkFlags(given === undefined ? '' : String(given)));
        },
    };

    defineNative(replacement, 'prototype', { __proto__: null, value: Native.prototype, writable: false });
    define(Native.prototype, 'constructor', replacement);
    define(globalThis, 'RegExp', replacement);
})
