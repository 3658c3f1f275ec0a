// Bounds on searches in strings. The engine compares the whole of what is searched for at every place, which for
// two long strings takes many seconds, without asking whether a run's time is over.
(function (host, internal) {
    'use strict';

    const {
        apply, uncurry, defineAll, isObject, slice, max, min, setLengths, toText, trunc, RangeError, Symbol,
    } = internal;

    /** Comparisons that one search may take at worst where it can't be divided: some 30 ms. */
    const MAX_COMPARISONS = 2 ** 25;

    /** Comparisons that are left to the engine where it can. */
    const FEW_COMPARISONS = 2 ** 22;

    /** Comparisons before which the engine isn't asked to ask. */
    const UNASKED = 2 ** 16;

    /** What of a longer text is looked for first; the rest is compared at the places that are found. */
    const PREFIX_LENGTH = 16;

    const { hasten } = host;
    const prototype = String.prototype;
    const { indexOf, lastIndexOf, includes } = prototype;
    const native = {
        __proto__: null, indexOf: uncurry(indexOf), lastIndexOf: uncurry(lastIndexOf), startsWith: uncurry(prototype.startsWith),
    };

    /** How many comparisons a search for the one text in the other may take; not a number if one of them is no text. */
    const comparisons = (text, search) => {
        if (typeof text !== 'string' || typeof search !== 'string') {
            return NaN;
        }
        const most = text.length * search.length;
        if (most > UNASKED) {
            hasten();
        }
        return most;
    };

    const place = (value, length) => min(max(trunc(+value) || 0, 0), length);

    const find = (text, search, start) => {
        const prefix = slice(search, 0, PREFIX_LENGTH);
        for (let at = start; ; at += 1) {
            at = native.indexOf(text, prefix, at);
            if (at === -1 || native.startsWith(text, search, at)) {
                return at;
            }
        }
    };

    const findLast = (text, search, start) => {
        const prefix = slice(search, 0, PREFIX_LENGTH);
        for (let at = start; at >= 0; at -= 1) {
            at = native.lastIndexOf(text, prefix, at);
            if (at === -1 || native.startsWith(text, search, at)) {
                return at;
            }
        }
        return -1;
    };

    const isMissing = (value) => value === undefined || value === null;

    /** The method of a RegExp by which it searches itself: the engine asks in time whether that may go on. */
    const searchesItself = (pattern, symbol) => isObject(pattern) && symbol in pattern;

    /** Calls a method that takes text or a RegExp, if what it has to compare is within the bound. */
    const bounded = (method, symbol) => (text, pattern, other) => {
        if (comparisons(text, pattern) <= MAX_COMPARISONS || isMissing(text) || searchesItself(pattern, symbol)) {
            return method(text, pattern, other);
        }
        const subject = toText(text);
        const search = isObject(pattern) ? toText(pattern) : pattern;
        if (typeof search === 'string' && comparisons(subject, search) > MAX_COMPARISONS) {
            throw new RangeError('invalid string length');
        }
        return method(subject, search, other);
    };

    const boundedReplace = bounded(uncurry(prototype.replace), Symbol.replace);
    const boundedSplit = bounded(uncurry(prototype.split), Symbol.split);

    defineAll(prototype, {
        __proto__: null,
        indexOf(search, position) {
            if (comparisons(this, search) <= FEW_COMPARISONS) {
                return native.indexOf(this, search, position);
            }
            if (isMissing(this)) {
                return apply(indexOf, this, [search]);
            }
            const text = toText(this);
            const wanted = toText(search);
            return comparisons(text, wanted) <= FEW_COMPARISONS
                ? native.indexOf(text, wanted, position)
                : find(text, wanted, place(position, text.length));
        },
        lastIndexOf(search, position) {
            if (comparisons(this, search) <= FEW_COMPARISONS) {
                return native.lastIndexOf(this, search, position);
            }
            if (isMissing(this)) {
                return apply(lastIndexOf, this, [search]);
            }
            const text = toText(this);
            const wanted = toText(search);
            if (comparisons(text, wanted) <= FEW_COMPARISONS) {
                return native.lastIndexOf(text, wanted, position);
            }
            const start = +position !== +position ? text.length : place(position, text.length);
            return findLast(text, wanted, start);
        },
        includes(search, position) {
            if (comparisons(this, search) <= FEW_COMPARISONS) {
                return native.indexOf(this, search, position) !== -1;
            }
            if (isMissing(this)) {
                return apply(includes, this, [search]);
            }
            const text = toText(this);
            const wanted = toText(search);
            return comparisons(text, wanted) <= FEW_COMPARISONS
                ? native.indexOf(text, wanted, position) !== -1
                : find(text, wanted, place(position, text.length)) !== -1;
        },
        replace(pattern, replacement) { return boundedReplace(this, pattern, replacement); },
        split(separator, limit) { return boundedSplit(this, separator, limit); },
    });
    if (!internal.isRuntime1) {
        const boundedReplaceAll = bounded(uncurry(prototype.replaceAll), Symbol.replace);
        defineAll(prototype, {
            __proto__: null,
            replaceAll(pattern, replacement) { return boundedReplaceAll(this, pattern, replacement); },
        });
    }
    setLengths(prototype, { __proto__: null, indexOf: 1, lastIndexOf: 1, includes: 1 });
})
