// The module querystring [D R20, E]. Loaded on demand.
(function (host, internal) {
    'use strict';

    const {
        defineAll, put, apply, create, hasOwn, isArray, isObject, keys, String, TypeError, Uint8Array,
        indexOf, slice, trunc,
    } = internal;
    const { typedArrayBuffer, typedArrayLength } = internal.uncurried('typedArrayBuffer', 'typedArrayLength');

    /** Parameters that one call reads, unless it says otherwise [D]. */
    const MAX_KEYS = 1000;

    const encodeComponent = internal.encodeURIComponent;

    const hexDigit = (code) => {
        if (code >= 48 && code <= 57) {
            return code - 48;
        }
        const letter = code | 32;
        return letter >= 97 && letter <= 102 ? letter - 87 : -1;
    };

    /** The byte that `%XX` at `at` stands for; -1 if it stands for itself. */
    const escapedByte = (bytes, at, length) => {
        const high = at + 2 < length ? hexDigit(bytes[at + 1]) : -1;
        const low = at + 2 < length ? hexDigit(bytes[at + 2]) : -1;
        return high < 0 || low < 0 ? -1 : high * 16 + low;
    };

    /** Undoes `%XX` and `+`. What is no escape stays, what is no UTF-8 becomes U+FFFD. */
    const unescape = (text) => {
        if (indexOf(text, '%') === -1 && indexOf(text, '+') === -1) {
            return text;
        }
        const bytes = new Uint8Array(host.utf8Encode(text));
        const length = typedArrayLength(bytes);
        let to = 0;
        for (let at = 0; at < length; at += 1, to += 1) {
            const byte = bytes[at] === 37 ? escapedByte(bytes, at, length) : -1;
            bytes[to] = byte >= 0 ? byte : bytes[at] === 43 ? 32 : bytes[at];
            at += byte >= 0 ? 2 : 0;
        }
        return host.utf8Decode(typedArrayBuffer(bytes), 0, to, false);
    };

    /** The function that an option names, as a function of text to text. */
    const optionFunction = (options, name, builtIn) => {
        const given = isObject(options) ? options[name] : undefined;
        if (given === undefined) {
            return builtIn;
        }
        if (typeof given !== 'function') {
            throw new TypeError('option ' + name + ' is not a function');
        }
        return (text) => apply(given, undefined, [text]);
    };

    const separator = (given, fallback) => {
        const text = given === undefined || given === null ? '' : String(given);
        return text === '' ? fallback : text;
    };

    const maxKeysOf = (options) => {
        const given = isObject(options) ? options.maxKeys : undefined;
        const count = given === undefined ? MAX_KEYS : trunc(+given) || 0;
        return count > 0 ? count : Infinity;
    };

    /** A name that comes again makes its value a list. */
    const add = (found, name, value) => {
        if (!hasOwn(found, name)) {
            put(found, name, value);
        } else if (isArray(found[name])) {
            put(found[name], found[name].length, value);
        } else {
            put(found, name, internal.toArray({ __proto__: null, length: 2, 0: found[name], 1: value }));
        }
    };

    const addParameter = (found, parameter, eq, decode) => {
        const at = indexOf(parameter, eq);
        const name = decode(at === -1 ? parameter : slice(parameter, 0, at));
        const value = at === -1 ? '' : decode(slice(parameter, at + eq.length));
        add(found, String(name), String(value));
    };

    const parse = (text, givenSep, givenEq, options) => {
        const sep = separator(givenSep, '&');
        const eq = separator(givenEq, '=');
        const decode = optionFunction(options, 'decodeURIComponent', unescape);
        const maxKeys = maxKeysOf(options);
        const found = create(null);
        if (typeof text !== 'string') {
            return found;
        }
        let count = 0;
        for (let start = 0; start < text.length && count < maxKeys;) {
            const next = indexOf(text, sep, start);
            const end = next === -1 ? text.length : next;
            if (end > start) {
                addParameter(found, slice(text, start, end), eq, decode);
                count += 1;
            }
            start = end + sep.length;
        }
        return found;
    };

    /** Numbers that are finite, strings and booleans have a text; anything else has an empty one [E]. */
    const valueText = (value) => {
        if (typeof value === 'string') {
            return value;
        }
        const isPrinted = typeof value === 'boolean' || (typeof value === 'number' && internal.isFinite(value));
        return isPrinted ? String(value) : '';
    };

    const stringify = (object, givenSep, givenEq, options) => {
        const sep = separator(givenSep, '&');
        const eq = separator(givenEq, '=');
        const encode = optionFunction(options, 'encodeURIComponent', encodeComponent);
        if (!isObject(object)) {
            return '';
        }
        let text = '';
        const names = keys(object);
        const append = (name, value) => {
            text += (text === '' ? '' : sep) + String(encode(name)) + eq + String(encode(valueText(value)));
        };
        for (let i = 0; i < names.length; i += 1) {
            const value = object[names[i]];
            for (let j = 0; isArray(value) && j < value.length; j += 1) {
                append(names[i], value[j]);
            }
            if (!isArray(value)) {
                append(names[i], value);
            }
        }
        return text;
    };

    const querystring = {};
    defineAll(querystring, {
        __proto__: null,
        parse(text, sep, eq, options) { return parse(text, sep, eq, options); },
        stringify(object, sep, eq, options) { return stringify(object, sep, eq, options); },
        escape(text) { return encodeComponent(String(text)); },
        unescape(text) { return unescape(String(text)); },
    });
    internal.define(querystring, 'decode', querystring.parse);
    internal.define(querystring, 'encode', querystring.stringify);
    return { __proto__: null, module: internal.asModule(querystring, 'querystring') };
})
