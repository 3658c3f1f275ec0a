// JSON.parse with njs's texts: when the engine refuses a text, `jsonerrors.js` finds out why. Texts that the engine
// accepts cost one call more.
(function (host, internal) {
    'use strict';

    const { define, jsonParse, getPrototypeOf, SyntaxError } = internal;

    /** The engine's own error where there is neither stack nor memory to load another. */
    const reworded = (text, error) => {
        try {
            return internal.load('prelude/jsonerrors.js')(text);
        } catch (_) {
            return error;
        }
    };

    /** Only the engine's own refusals are reworded: a limit that was reached stays what it is. */
    const parse = (text) => {
        try {
            return jsonParse(text);
        } catch (error) {
            throw getPrototypeOf(error) === SyntaxError.prototype ? reworded(text, error) : error;
        }
    };

    // A Buffer is converted by its own `toString`, so that `JSON.parse(buffer)` works [O SMP].
    const { parse: wrapped } = {
        parse(text, reviver) {
            const source = internal.toText(text);
            const value = parse(source);
            return typeof reviver === 'function' ? jsonParse(source, reviver) : value;
        },
    };
    define(JSON, 'parse', wrapped);
    define(internal, 'parseJson', parse);
})
