// What Array.prototype.concat does, within the bounds of `guards.js`. Loaded on demand.
(function (host, internal) {
    'use strict';

    const { MAX_LENGTH, call, check, getPrototypeOf, isArray, isObject, put, refuse, setPrototypeOf } = internal;
    const { arrayConcat } = internal.methods;
    const { isConcatSpreadable } = internal.Symbol;

    /** An array that says itself whether it is spread: element by element, as its getters may change any length. */
    const appendSlowly = (whole, item) => {
        if (!item[isConcatSpreadable]) {
            put(whole, whole.length, item);
            return whole;
        }
        const length = +item.length;
        if (length > MAX_LENGTH) {
            refuse();
        }
        for (let i = 0; i < length; i += 1) {
            put(whole, whole.length, item[i]);
        }
        return whole;
    };

    const prototype = getPrototypeOf([]);

    /** A prototype that keeps the engine from asking the function's own code what array to make. */
    const bare = { __proto__: null, constructor: undefined };

    const append = (whole, item) => {
        if (!isObject(item)) {
            whole[whole.length] = item;
            return whole;
        }
        if (isConcatSpreadable in item) {
            return appendSlowly(whole, item);
        }
        if (!isArray(item)) {
            whole[whole.length] = item;
            return whole;
        }
        return setPrototypeOf(call(arrayConcat, whole, check(item)), bare);
    };

    // One item after the other: a getter of one can't change the length of the next after that was looked at.
    return (self, items) => {
        if (self === undefined || self === null) {
            return call(arrayConcat, self);
        }
        let whole = append(setPrototypeOf([], bare), internal.Object(self));
        for (let i = 0; i < items.length; i += 1) {
            whole = append(whole, items[i]);
        }
        return setPrototypeOf(whole, prototype);
    };
})
