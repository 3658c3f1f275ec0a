// Bounds on lengths. The engine's own loops over arrays don't ask whether a run's time is over: over a length of up
// to 2^53, which an array without elements or any object can have, one of them would never end. Each of these
// methods refuses lengths over a bound, above what fits into the memory of a run; and before a long loop it has
// the engine ask, which does so by itself only where there is as much memory as length.
(function (host, internal) {
    'use strict';

    const {
        apply, uncurry, define, defineAll, getOwnPropertyDescriptor, getPrototypeOf, hasOwn, isArray, isView,
        isObject, put, setLengths, setPrototypeOf, RangeError, Symbol,
    } = internal;

    /** Elements that a loop of the engine's may go over: some 20 ms of its time, and 16 MB if they were there. */
    const MAX_LENGTH = 2 ** 20;

    /** Elements that a loop may go over without being asked for: a tenth of a millisecond. */
    const SHORT = 2 ** 12;

    const { hasten } = host;

    const prototype = Array.prototype;

    const refuse = () => { throw new RangeError('Invalid array length'); };

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
        for (let at = object; at !== null; at = getPrototypeOf(at)) {
            const descriptor = getOwnPropertyDescriptor(at, 'length');
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
        if (!isObject(object)) {
            return;
        }
        if (isView(object)) {
            hasten();
            return;
        }
        const descriptor = lengthDescriptor(object);
        if (descriptor === undefined) {
            return;
        }
        if (!hasOwn(descriptor, 'value') || isObject(descriptor.value)) {
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

    const native = { __proto__: null };
    const names = [
        'concat', 'copyWithin', 'every', 'fill', 'filter', 'forEach', 'includes', 'indexOf', 'join', 'lastIndexOf', 'map',
        'reduce', 'reduceRight', 'reverse', 'shift', 'slice', 'some', 'sort', 'splice', 'unshift',
    ];
    const lengths = { __proto__: null };
    for (let i = 0; i < names.length; i += 1) {
        native[names[i]] = uncurry(prototype[names[i]]);
        lengths[names[i]] = prototype[names[i]].length;
    }

    // Where an argument that is left out differs from one that is undefined, the arguments are passed on as they are.
    const { lastIndexOf, reduce, reduceRight, splice, unshift } = prototype;

    defineAll(prototype, {
        __proto__: null,
        copyWithin(target, start, end) { return native.copyWithin(check(this), target, start, end); },
        every(callback, self) { return native.every(check(this), callback, self); },
        fill(value, start, end) { return native.fill(check(this), value, start, end); },
        filter(callback, self) { return native.filter(check(this), callback, self); },
        forEach(callback, self) { return native.forEach(check(this), callback, self); },
        includes(value, start) { return native.includes(check(this), value, start); },
        indexOf(value, start) { return native.indexOf(check(this), value, start); },
        join(separator) { return native.join(check(this), separator); },
        lastIndexOf() { return apply(lastIndexOf, check(this), arguments); },
        map(callback, self) { return native.map(check(this), callback, self); },
        reduce() { return apply(reduce, check(this), arguments); },
        reduceRight() { return apply(reduceRight, check(this), arguments); },
        reverse() { return native.reverse(check(this)); },
        shift() { return native.shift(check(this)); },
        slice(start, end) { return native.slice(check(this), start, end); },
        some(callback, self) { return native.some(check(this), callback, self); },
        sort(compare) { return native.sort(check(this), compare); },
        splice() { return apply(splice, check(this), arguments); },
        unshift() { return apply(unshift, check(this), arguments); },
    });

    const spreadable = Symbol.isConcatSpreadable;

    /** An array that says itself whether it is spread: element by element, as its getters may change any length. */
    const appendSlowly = (whole, item) => {
        if (!item[spreadable]) {
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

    /** A prototype that keeps the engine from asking the function's own code what array to make. */
    const bare = { __proto__: null, constructor: undefined };

    const append = (whole, item) => {
        if (!isObject(item)) {
            whole[whole.length] = item;
            return whole;
        }
        if (spreadable in item) {
            return appendSlowly(whole, item);
        }
        if (!isArray(item)) {
            whole[whole.length] = item;
            return whole;
        }
        return setPrototypeOf(native.concat(whole, check(item)), bare);
    };

    // One item after the other: a getter of one can't change the length of the next after that was looked at.
    defineAll(prototype, {
        __proto__: null,
        concat() {
            if (this === undefined || this === null) {
                return native.concat(this);
            }
            let whole = append(setPrototypeOf([], bare), internal.Object(this));
            for (let i = 0; i < arguments.length; i += 1) {
                whole = append(whole, arguments[i]);
            }
            return setPrototypeOf(whole, prototype);
        },
    });
    setLengths(prototype, lengths);

    // An array of names is looked at whole, whether its elements are there or not.
    const { jsonStringify } = internal;
    defineAll(JSON, {
        __proto__: null,
        stringify(value, replacer, space) {
            return jsonStringify(value, isArray(replacer) ? check(replacer) : replacer, space);
        },
    });
})
