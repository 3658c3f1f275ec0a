// Deletes what there is not in a function: every property of the engine that the table of `names.js` lacks. It comes
// early, so that what is added after it has the room of what it deletes. No value is looked at, as the engine makes most
// of its functions when they are first looked at.
(function (host, internal) {
    'use strict';

    const { deleteProperty } = Reflect;
    const { ownKeys, getPrototypeOf, newList, isObject } = internal;
    const {
        functionProperties, typedArrayNames, errorNames, globals, table,
    } = host.load('prelude/names.js')(host, internal);

    const forEachName = (list, visit) => {
        for (let i = 0; i < list.length; i += 1) {
            visit(list[i]);
        }
    };

    const pushErrors = () => forEachName(splitNames(errorNames), (name) => {
        table[table.length] = [name, functionProperties];
        table[table.length] = [name + '.prototype', 'constructor message name' + (name === 'Error' ? ' toString' : '')];
    });

    const pushTypedArrays = () => forEachName(splitNames(typedArrayNames), (name) => {
        table[table.length] = [name, functionProperties + ' BYTES_PER_ELEMENT'];
        table[table.length] = [name + '.prototype', 'constructor BYTES_PER_ELEMENT'];
    });

    function splitNames(text) {
        return text.split(' ');
    }

    const intrinsics = {
        __proto__: null,
        '%TypedArray%': getPrototypeOf(Uint8Array),
        '%ArrayIteratorPrototype%': getPrototypeOf([].keys()),
        '%StringIteratorPrototype%': getPrototypeOf(''[Symbol.iterator]()),
        '%IteratorPrototype%': getPrototypeOf(getPrototypeOf([].keys())),
        '%AsyncFunction%': (async () => undefined).constructor,
    };

    const objectNamed = (name) => {
        const parts = name.split('.');
        const first = intrinsics[parts[0]] === undefined ? globalThis[parts[0]] : intrinsics[parts[0]];
        return parts.length === 2 && isObject(first) ? first[parts[1]] : first;
    };

    const runtime = internal.isRuntime1 ? '1' : '2';

    /** The property key that a name of the table stands for in this runtime; `undefined` if it isn't in it. */
    const keyOf = (name) => {
        const isVersioned = name[1] === ':';
        if (isVersioned && name[0] !== runtime) {
            return undefined;
        }
        const plain = isVersioned ? name.slice(2) : name;
        return plain.startsWith('Symbol.') ? internal.Symbol[plain.slice(7)] : plain;
    };

    const keysOf = (texts) => {
        const kept = newList();
        forEachName(texts.join(' ').split(' '), (name) => { kept[kept.length] = keyOf(name); });
        return kept;
    };

    const holds = (list, item) => {
        for (let i = 0; i < list.length; i += 1) {
            if (list[i] === item) {
                return true;
            }
        }
        return false;
    };

    /** Deletes what isn't kept. What can't be deleted has to be in the table: the harness checks that. */
    const scrub = (object, kept) => {
        forEachName(ownKeys(object), (key) => {
            if (!holds(kept, key)) {
                deleteProperty(object, key);
            }
        });
    };

    // One row after the other, which takes the least room at a time.
    const scrubRow = (row) => {
        const object = objectNamed(row[0]);
        if (object !== undefined) {
            scrub(object, keysOf(row.slice(1)));
        }
    };

    pushErrors();
    pushTypedArrays();
    forEachName(table, scrubRow);
    internal.define(globalThis, Symbol.toStringTag, 'global');
    scrub(globalThis, keysOf(globals));
})
