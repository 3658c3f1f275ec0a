// Searches in strings as njs has them [E]: what is searched for is made a text, a RegExp as well, which JavaScript refuses.
(function (host, internal) {
    'use strict';

    const { call, defineAll, isObject, setLengths, toText } = internal;
    const prototype = String.prototype;
    const { includes, startsWith, endsWith } = prototype;

    const asText = (value) => (isObject(value) ? toText(value) : value);

    defineAll(prototype, {
        __proto__: null,
        includes(search, position) { return call(includes, this, asText(search), position); },
        startsWith(search, position) { return call(startsWith, this, asText(search), position); },
        endsWith(search, position) { return call(endsWith, this, asText(search), position); },
    });
    setLengths(prototype, { __proto__: null, includes: 1, startsWith: 1, endsWith: 1 });
})
