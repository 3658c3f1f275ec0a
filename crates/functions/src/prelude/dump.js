// What console.log prints of a value: njs's form [E], `{a:1,b:[1,'x']}`. AWS's form for objects is not known. Loaded
// on demand.
(function (host, internal) {
    'use strict';

    const {
        attempt, newList, setPrototypeOf, getOwnPropertyDescriptor, ownKeys, hasOwn, isArray, isObject, isView,
        String, Symbol, TypeError, isError,
    } = internal;
    const {
        charCodeAt, numberToString, numberValue, booleanValue, stringValue, symbolToString, dateToISOString, dateValue,
        errorToString, regExpSource, regExpToString, typedArrayTag, typedArrayLength,
    } = internal.uncurried(
        'charCodeAt', 'numberToString', 'numberValue', 'booleanValue', 'stringValue', 'symbolToString', 'dateToISOString',
        'dateValue', 'errorToString', 'regExpSource', 'regExpToString', 'typedArrayTag', 'typedArrayLength',
    );

    /** Containers within containers that are printed [E]. */
    const MAX_DEPTH = 32;

    const escapes = {
        __proto__: null, 8: '\\b', 9: '\\t', 10: '\\n', 12: '\\f', 13: '\\r', 92: '\\\\',
    };

    const controlEscape = (code) => '\\u00' + (code < 16 ? '0' : '') + numberToString(code, 16);

    /** A string inside of a container. Its own quotes are not escaped [E]. */
    const quoted = (text) => {
        let body = '';
        for (let i = 0; i < text.length; i += 1) {
            const code = charCodeAt(text, i);
            body += escapes[code] !== undefined ? escapes[code] : code < 32 ? controlEscape(code) : text[i];
        }
        return "'" + body + "'";
    };

    const numberText = (value) => (value === 0 && 1 / value < 0 ? '-0' : numberToString(value, 10));

    const primitiveText = (value) => {
        switch (typeof value) {
            case 'string': return quoted(value);
            case 'number': return numberText(value);
            case 'symbol': return symbolToString(value);
            default: return value === null ? 'null' : value === undefined ? 'undefined' : String(value);
        }
    };

    /** The data property of that name; `undefined` if it is none: a getter of the function's own is not called. */
    const dataProperty = (object, name) => {
        const descriptor = getOwnPropertyDescriptor(object, name);
        return descriptor === undefined || !hasOwn(descriptor, 'value') ? undefined : descriptor.value;
    };

    const functionText = (value) => {
        const name = dataProperty(value, 'name');
        return typeof name === 'string' && name !== '' ? '[Function: ' + name + ']' : '[Function]';
    };

    const errorText = (value) => {
        try {
            return errorToString(value);
        } catch (_) {
            return 'Error';
        }
    };

    /** Objects that are printed as one word, by the built-in that refuses every other object. */
    const words = [
        [numberValue, (number) => '[Number: ' + numberText(number) + ']'],
        [booleanValue, (boolean) => '[Boolean: ' + boolean + ']'],
        [stringValue, (text) => '[String: ' + quoted(text) + ']'],
        [symbolToString, (text) => '[Symbol: ' + text + ']'],
        [dateValue, (time, date) => (time !== time ? 'Invalid Date' : dateToISOString(date))],
    ];
    setPrototypeOf(words, null);

    const wordOf = (value) => {
        for (let i = 0; i < words.length; i += 1) {
            const primitive = attempt(words[i][0], value);
            if (primitive !== undefined) {
                return words[i][1](primitive, value);
            }
        }
        return undefined;
    };

    const tagOf = (value) => {
        const tag = value[Symbol.toStringTag];
        return typeof tag === 'string' && tag !== 'Object' ? tag + ' ' : '';
    };

    const holes = (count) => (count === 1 ? '<empty>' : '<' + count + ' empty items>');

    const nameText = (name) => (typeof name === 'symbol' ? symbolToString(name) : name);

    const accessorText = (descriptor) => {
        if (descriptor.get === undefined) {
            return "'[Setter]'";
        }
        return descriptor.set === undefined ? "'[Getter]'" : "'[Getter/Setter]'";
    };

    const enter = (value, above) => {
        for (let i = 0; i < above.length; i += 1) {
            if (above[i] === value) {
                return false;
            }
        }
        if (above.length >= MAX_DEPTH) {
            throw new TypeError('Nested too deep or a cyclic structure');
        }
        above[above.length] = value;
        return true;
    };

    /** `name:value` of a property that is enumerable; `undefined` of another. */
    const propertyText = (object, name, above) => {
        const descriptor = getOwnPropertyDescriptor(object, name);
        if (descriptor === undefined || !descriptor.enumerable) {
            return undefined;
        }
        const isData = hasOwn(descriptor, 'value');
        return nameText(name) + ':' + (isData ? textOf(descriptor.value, above) : accessorText(descriptor));
    };

    const join = (parts) => {
        let text = '';
        for (let i = 0; i < parts.length; i += 1) {
            text += i === 0 ? parts[i] : ',' + parts[i];
        }
        return text;
    };

    const isIndex = (name, length) => typeof name === 'string' && +name < length && String(+name) === name;

    /** Properties other than the elements of a list of that length. */
    const addProperties = (parts, object, length, above) => {
        const names = ownKeys(object);
        for (let i = 0; i < names.length; i += 1) {
            const text = isIndex(names[i], length) ? undefined : propertyText(object, names[i], above);
            if (text !== undefined) {
                parts[parts.length] = text;
            }
        }
    };

    /** The elements of an array: in order of their indices, with the holes between them counted. */
    const addElements = (parts, array, above) => {
        const names = ownKeys(array);
        let next = 0;
        for (let i = 0; i < names.length && isIndex(names[i], array.length); i += 1) {
            const index = +names[i];
            if (index > next) {
                parts[parts.length] = holes(index - next);
            }
            parts[parts.length] = textOf(dataProperty(array, names[i]), above);
            next = index + 1;
        }
        if (array.length > next) {
            parts[parts.length] = holes(array.length - next);
        }
    };

    const arrayText = (array, above) => {
        const parts = newList();
        addElements(parts, array, above);
        addProperties(parts, array, array.length, above);
        return '[' + join(parts) + ']';
    };

    const typedArrayText = (array) => {
        const parts = newList();
        const length = typedArrayLength(array);
        for (let i = 0; i < length; i += 1) {
            parts[i] = numberText(array[i]);
        }
        const name = internal.getPrototypeOf(array) === internal.bufferPrototype ? 'Buffer' : typedArrayTag(array);
        return name + ' [' + join(parts) + ']';
    };

    const objectText = (object, above) => {
        const parts = newList();
        addProperties(parts, object, 0, above);
        return tagOf(object) + '{' + join(parts) + '}';
    };

    const containerText = (value, above) => {
        if (!enter(value, above)) {
            return '[Circular]';
        }
        const text = isArray(value) ? arrayText(value, above) : objectText(value, above);
        above.length -= 1;
        return text;
    };

    const textOf = (value, above) => {
        if (!isObject(value)) {
            return primitiveText(value);
        }
        if (typeof value === 'function') {
            return functionText(value);
        }
        if (isError(value)) {
            return errorText(value);
        }
        if (isView(value) && typedArrayTag(value) !== undefined) {
            return typedArrayText(value);
        }
        // The getter of `source` refuses every object that is no RegExp, but for the prototype.
        if (attempt(regExpSource, value) !== undefined) {
            return regExpToString(value);
        }
        const word = isArray(value) ? undefined : wordOf(value);
        return word === undefined ? containerText(value, above) : word;
    };

    return (value) => textOf(value, newList());
})
