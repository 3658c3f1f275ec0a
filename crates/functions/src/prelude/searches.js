// Bounds on searches in strings. The engine compares the whole of what is searched for at every place, which for
// two long strings takes many seconds, without asking whether a run's time is over.
(function (host, internal) {
    'use strict';

    const {
        apply, call, defineAll, isObject, setLengths, toText, uncurry, RangeError, Symbol,
    } = internal;

    /** Comparisons that one search may take at worst where it can't be divided: some 15 ms. */
    const MAX_COMPARISONS = 2 ** 24;

    /** Comparisons that are left to the engine where it can. */
    const FEW_COMPARISONS = 2 ** 22;

    /** Comparisons before which the engine isn't asked to ask. */
    const UNASKED = 2 ** 16;

    const { hasten } = host;
    const prototype = String.prototype;
    const { indexOf, lastIndexOf, includes } = prototype;

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
            // `texts.js` gives it njs's text, as it does where the engine itself says so.
            throw new RangeError('string too long');
        }
        return method(subject, search, other);
    };

    const boundedReplace = bounded(uncurry(prototype.replace), Symbol.replace);
    const boundedSplit = bounded(uncurry(prototype.split), Symbol.split);

    defineAll(prototype, {
        __proto__: null,
        indexOf(search, position) {
            if (comparisons(this, search) <= FEW_COMPARISONS) {
                return call(indexOf, this, search, position);
            }
            if (isMissing(this)) {
                return apply(indexOf, this, [search]);
            }
            const text = toText(this);
            const wanted = toText(search);
            return comparisons(text, wanted) <= FEW_COMPARISONS
                ? call(indexOf, text, wanted, position)
                : internal.load('prelude/longsearches.js').first(text, wanted, position);
        },
        lastIndexOf(search, position) {
            if (comparisons(this, search) <= FEW_COMPARISONS) {
                return call(lastIndexOf, this, search, position);
            }
            if (isMissing(this)) {
                return apply(lastIndexOf, this, [search]);
            }
            const text = toText(this);
            const wanted = toText(search);
            return comparisons(text, wanted) <= FEW_COMPARISONS
                ? call(lastIndexOf, text, wanted, position)
                : internal.load('prelude/longsearches.js').last(text, wanted, position);
        },
        includes(search, position) {
            if (comparisons(this, search) <= FEW_COMPARISONS) {
                return call(indexOf, this, search, position) !== -1;
            }
            if (isMissing(this)) {
                return apply(includes, this, [search]);
            }
            const text = toText(this);
            const wanted = toText(search);
            return comparisons(text, wanted) <= FEW_COMPARISONS
                ? call(indexOf, text, wanted, position) !== -1
                : internal.load('prelude/longsearches.js').first(text, wanted, position) !== -1;
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
