// What the host calls in a run: `start` with the handler and the event, `finish` with what came of it once no
// promise is left to wait for, `describe` with what was thrown. `bindImport` is called before the image is taken.
//
// A function's own getters, `toJSON` and `toString` have their natural effect, a thrown error included. They can't
// break the driver.
(function (host, internal) {
    'use strict';


    /** `Name: message`, as njs prints what was thrown [E]: an error by the built-in rule, another value as text. */
    const thrownText = (value) => {
        if (typeof value === 'symbol') {
            return 'TypeError: Cannot convert a Symbol value to a string';
        }
        return internal.isError(value) ? internal.call(internal.methods.errorToString, value) : internal.String(value);
    };

    /** The same, if a `toString` or a getter of the function's throws in turn: then that is the error. */
    const safeText = (value) => {
        try {
            return thrownText(value);
        } catch (inner) {
            try {
                return thrownText(inner);
            } catch (_) {
                return 'InternalError';
            }
        }
    };

    /** It is no part of what a function returns: it isn't enumerable [D GH]. */
    const rawQueryString = {
        __proto__: null,
        value: { rawQueryString() { return host.rawQuery(); } }.rawQueryString,
        writable: true, enumerable: false, configurable: true,
    };

    /** `import local from 'name'`: a binding that code can read and not assign to. */
    internal.bindImport = (local, name) => {
        internal.defineNative(globalThis, local, {
            __proto__: null, value: internal.require(name), writable: false, enumerable: false, configurable: true,
        });
    };

    /** What the handler gives back, or the exception that it throws. */
    internal.start = (handler, event) => {
        if (!internal.isRuntime1) {
            internal.defineNative(event.request, 'rawQueryString', rawQueryString);
        }
        return handler(event);
    };

    /** The JSON of an object; nothing of anything else. Called for what is no plain data alone. */
    internal.finish = (value) => {
        const isData = internal.isObject(value) && typeof value !== 'function';
        return isData ? internal.jsonStringify(value) : undefined;
    };

    /** The text of what was thrown, and the line and the column of the program where an error was made. */
    internal.describe = (thrown) => {
        const place = internal.placeOf(thrown);
        const isKnown = place !== undefined;
        return [safeText(thrown), isKnown ? place.line : undefined, isKnown ? place.column : undefined];
    };
})
