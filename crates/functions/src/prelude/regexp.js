// RegExp as njs has it [E]: the flags g, i, m and y, and the texts of its library for patterns, PCRE2. Literals don't
// come here: their flags and patterns are checked with the syntax. Loaded on demand: what the constructor does.
(function (host, internal) {
    'use strict';

    const { attempt, indexOf, getPrototypeOf, toText, SyntaxError, RegExp: Native } = internal;
    const { regExpSource } = internal.uncurried('regExpSource');

    const FLAGS = 'gimy';

    const checkFlags = (flags) => {
        for (let i = 0; i < flags.length; i += 1) {
            if (indexOf(FLAGS, flags[i]) === -1 || indexOf(flags, flags[i], i + 1) !== -1) {
                throw new SyntaxError('Invalid RegExp flags "' + flags + '"');
            }
        }
        return flags;
    };

    /** The engine's own error where there is neither stack nor memory to load another. */
    const reworded = (pattern, error) => {
        try {
            return internal.load('prelude/patterns.js')(pattern, error);
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

    /** The getter of `source` refuses every object that is no RegExp, but for the prototype. */
    const isRegExp = (value) => attempt(regExpSource, value) !== undefined;

    /** njs always makes a new one, also when it is called without `new` [E]. */
    return (pattern, flags) => {
        const source = isRegExp(pattern) ? pattern.source : pattern === undefined ? '' : toText(pattern);
        const given = flags === undefined && isRegExp(pattern) ? pattern.flags : flags;
        return compile(source, checkFlags(given === undefined ? '' : toText(given)));
    };
})
