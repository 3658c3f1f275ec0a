// The driver of a run. The host calls `begin` with the event's text and then, for as long as the state is `pending`,
// runs a job and calls `settle`. Each gives one of
//
//   {state: 'pending'}                        the handler's promise isn't settled
//   {state: 'value', json}                    the handler returned an object; `json` is its JSON text
//   {state: 'other', type, text}              it returned something else: `undefined`, a string, a function …
//   {state: 'missing'}                        there is no function named `handler`
//   {state: 'error', text, name, message}     it threw; `text` is what a user is shown
//
// A function's own getters, `toJSON` and `toString` have their natural effect, a thrown error included. They can't
// break the driver.
(function (host, internal) {
    'use strict';

    const {
        apply, define, jsonParse, jsonStringify, isError, isObject, errorToString, getOwnPropertyDescriptor, hasOwn,
        String, typeName,
    } = internal;

    let result;

    /** `Name: message`, as njs prints what was thrown [E]: an error by the built-in rule, another value as text. */
    const thrownText = (value) => {
        if (typeof value === 'symbol') {
            return 'TypeError: Cannot convert a Symbol value to a string';
        }
        return isError(value) ? errorToString(value) : String(value);
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

    /** A property if it is text already. */
    const ownText = (value, name) => {
        for (let object = value; object !== null; object = internal.getPrototypeOf(object)) {
            const descriptor = getOwnPropertyDescriptor(object, name);
            if (descriptor !== undefined) {
                const isText = hasOwn(descriptor, 'value') && typeof descriptor.value === 'string';
                return isText ? descriptor.value : undefined;
            }
        }
        return undefined;
    };

    const failure = (value) => ({
        __proto__: null,
        state: 'error',
        text: safeText(value),
        name: isError(value) ? ownText(value, 'name') : undefined,
        message: isError(value) ? ownText(value, 'message') : undefined,
    });

    const pending = { __proto__: null, state: 'pending' };

    const finished = (value) => {
        const json = isObject(value) && typeof value !== 'function' ? jsonStringify(value) : undefined;
        if (json === undefined) {
            return { __proto__: null, state: 'other', type: typeName(value), text: safeText(value) };
        }
        return { __proto__: null, state: 'value', json };
    };

    const guarded = (work) => {
        try {
            return work();
        } catch (error) {
            return failure(error);
        }
    };

    const FULFILLED = 1;
    const REJECTED = 2;

    /** The state of what the handler returned: a promise's, or finished. */
    const settle = () => guarded(() => {
        const state = host.promiseState(result);
        if (state === FULFILLED) {
            return finished(host.promiseResult(result));
        }
        if (state === REJECTED) {
            return failure(host.promiseResult(result));
        }
        return state < 0 ? finished(result) : pending;
    });

    /** `rawQueryString` is no part of what a function returns: it isn't enumerable [D GH]. */
    const addRawQueryString = (event) => {
        if (!internal.isRuntime1 && isObject(event.request)) {
            define(event.request, 'rawQueryString', { rawQueryString() { return host.rawQuery(); } }.rawQueryString);
        }
    };

    // The function's code is a script of its own: its `const handler` is a binding of the global scope, as is `var`.
    const findHandler = () => (typeof handler === 'undefined' ? undefined : handler);

    const begin = (eventText) => guarded(() => {
        const event = jsonParse(eventText);
        addRawQueryString(event);
        const found = findHandler();
        if (typeof found !== 'function') {
            return { __proto__: null, state: 'missing' };
        }
        result = apply(found, undefined, [event]);
        return settle();
    });

    return { __proto__: null, begin, settle, failure };
})
