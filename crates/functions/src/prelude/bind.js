// What Function.prototype.bind does, as the engine's own isn't safe: if there is no memory for the arguments, it gives back an
// object of which it hasn't set what it frees then. This one is made of functions alone. Loaded on demand.
(function (host, internal) {
    'use strict';

    const {
        apply, construct, defineNative, getOwnPropertyDescriptor, hasOwn, max, trunc,
    } = internal;

    /** The arguments of a call after those that are bound, in a list that no setter can intercept. */
    const joined = (bound, given) => {
        const list = internal.newList();
        for (let i = 1; i < bound.length; i += 1) {
            list[list.length] = bound[i];
        }
        for (let i = 0; i < given.length; i += 1) {
            list[list.length] = given[i];
        }
        return list;
    };

    const lengthOf = (target, count) => {
        const length = getOwnPropertyDescriptor(target, 'length') === undefined ? 0 : target.length;
        return typeof length === 'number' ? max(0, (trunc(length) || 0) - count) : 0;
    };

    const nameOf = (target) => {
        const { name } = target;
        return 'bound ' + (typeof name === 'string' ? name : '');
    };

    const set = (object, name, value) => defineNative(object, name, { __proto__: null, value, configurable: true });

    return (target, bound) => {
        const self = bound[0];
        const made = function () {
            const list = joined(bound, arguments);
            return new.target === undefined
                ? apply(target, self, list)
                : construct(target, list, new.target === made ? target : new.target);
        };
        // As bound functions have no prototype of their own, but are asked by `instanceof` for their target's.
        made.prototype = hasOwn(target, 'prototype') ? target.prototype : undefined;
        defineNative(made, 'prototype', { __proto__: null, writable: false });
        set(made, 'length', lengthOf(target, max(0, bound.length - 1)));
        set(made, 'name', nameOf(target));
        return made;
    };
})
