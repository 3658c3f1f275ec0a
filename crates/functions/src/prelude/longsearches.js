// Searches that the engine would take too long for: it looks for the beginning of what is searched for alone, and the rest
// is compared at the places that are found. Loaded on demand.
(function (host, internal) {
    'use strict';

    const { indexOf, max, min, slice, trunc } = internal;
    const { lastIndexOf, startsWith } = internal.uncurried('lastIndexOf', 'startsWith');

    /** What of a text is looked for first. */
    const PREFIX_LENGTH = 16;

    const place = (value, length) => min(max(trunc(+value) || 0, 0), length);

    const first = (text, search, position) => {
        const prefix = slice(search, 0, PREFIX_LENGTH);
        for (let at = place(position, text.length); ; at += 1) {
            at = indexOf(text, prefix, at);
            if (at === -1 || startsWith(text, search, at)) {
                return at;
            }
        }
    };

    const last = (text, search, position) => {
        const prefix = slice(search, 0, PREFIX_LENGTH);
        const start = +position !== +position ? text.length : place(position, text.length);
        for (let at = start; at >= 0; at -= 1) {
            at = lastIndexOf(text, prefix, at);
            if (at === -1 || startsWith(text, search, at)) {
                return at;
            }
        }
        return -1;
    };

    return { __proto__: null, first, last };
})
