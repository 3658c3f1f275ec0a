// Bounds on lengths. The engine's own loops over arrays don't ask whether a run's time is over: over a length of up
// to 2^53, which an array without elements or any object can have, one of them would never end. Each of these
// methods refuses lengths over a bound, above what fits into the memory of a run; and before a long loop it has
// the engine ask, which does so by itself only where there is as much memory as length.
(function (host, internal) {
    'use strict';

    const { apply, define, defineAll, defineNative, isArray, uncurry } = internal;

    /** Elements that a loop of the engine's may go over: some 10 ms of its time, and 4 MB if they were there. */
    const MAX_LENGTH = 2 ** 18;

    /** Elements that a loop may go over without being asked for: a tenth of a millisecond. */
    const SHORT = 2 ** 12;

    const { hasten } = host;

    const prototype = Array.prototype;

    const refuse = () => { throw new internal.RangeError('Invalid array length'); };

    const checkLength = (length) => {
        if (length > MAX_LENGTH) {
            refuse();
        }
        if (length > SHORT) {
            hasten();
        }
    };

    /** The descriptor of `length`, wherever on the prototype chain it is. */
    const lengthDescriptor = (object) => {
        for (let at = object; at !== null; at = internal.getPrototypeOf(at)) {
            const descriptor = internal.getOwnPropertyDescriptor(at, 'length');
            if (descriptor !== undefined) {
                return descriptor;
            }
        }
        return undefined;
    };

    /**
     * Objects that are no arrays: their `length` is looked at without running a getter or `valueOf`, which could
     * give the engine another one afterwards.
     */
    const checkObject = (object) => {
        if (!internal.isObject(object)) {
            return;
        }
        if (internal.isView(object)) {
            hasten();
            return;
        }
        const descriptor = lengthDescriptor(object);
        if (descriptor === undefined) {
            return;
        }
        if (!internal.hasOwn(descriptor, 'value') || internal.isObject(descriptor.value)) {
            refuse();
        }
        checkLength(+descriptor.value);
    };

    const check = (list) => {
        if (!isArray(list)) {
            checkObject(list);
        } else {
            checkLength(list.length);
        }
        return list;
    };

    defineAll(internal, { __proto__: null, check, refuse, MAX_LENGTH });

    const guarded = (method) => {
        const uncurried = uncurry(method);
        return {
            guarded(first, second, third) { return uncurried(check(this), first, second, third); },
        }.guarded;
    };

    /** Where an argument that is left out differs from one that is undefined, the arguments are passed on as they are. */
    const guardedAsCalled = (method) => ({
        guarded() { return apply(method, check(this), arguments); },
    }).guarded;

    const replace = (names, guard) => {
        for (let i = 0; i < names.length; i += 1) {
            const method = prototype[names[i]];
            const made = guard(method);
            defineNative(made, 'name', { __proto__: null, value: names[i] });
            defineNative(made, 'length', { __proto__: null, value: method.length });
            define(prototype, names[i], made);
        }
    };

    replace([
        'copyWithin', 'every', 'fill', 'filter', 'forEach', 'includes', 'indexOf', 'join', 'map', 'reverse', 'shift', 'slice',
        'some',
    ], guarded);
    replace(['lastIndexOf', 'reduce', 'reduceRight', 'splice', 'unshift'], guardedAsCalled);

    /**
     * The engine compares an element with a later one, njs a later one with it [E]. That tells where the result is no number
     * or contradicts itself: `(a, b) => a > b` sorts only in the engine's way.
     */
    const reversed = (compare) => (typeof compare === 'function' ? (one, later) => -compare(later, one) : compare);

    replace(['sort'], (sort) => {
        const uncurried = uncurry(sort);
        return {
            guarded(compare) { return uncurried(check(this), reversed(compare)); },
        }.guarded;
    });

    defineAll(prototype, {
        __proto__: null,
        concat() { return internal.load('prelude/concat.js')(this, arguments); },
    });
    internal.setLengths(prototype, { __proto__: null, concat: 1 });

    // An array of names is looked at whole, whether its elements are there or not.
    const { jsonStringify } = internal;
    defineAll(JSON, {
        __proto__: null,
        stringify(value, replacer, space) {
            return jsonStringify(value, isArray(replacer) ? check(replacer) : replacer, space);
        },
    });
})
