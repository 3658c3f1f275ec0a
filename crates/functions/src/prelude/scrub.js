// Deletes what there is not in a function: every property of the engine that the table of `names.js` lacks. It comes
// early, so that what is added after it has the room of what it deletes. No value is looked at, as the engine makes most
// of its functions when they are first looked at.
(function (host, internal) {
    'use strict';

    const { deleteProperty } = Reflect;
    const { ownKeys, getPrototypeOf, newList, isObject, indexOf, slice } = internal;

    const forEach = (list, visit) => {
        for (let i = 0; i < list.length; i += 1) {
            visit(list[i]);
        }
    };

    const forEachName = (text, visit) => {
        for (let start = 0; start <= text.length;) {
            const space = indexOf(text, ' ', start);
            const end = space === -1 ? text.length : space;
            visit(slice(text, start, end));
            start = end + 1;
        }
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
        forEach(ownKeys(object), (key) => {
            if (!holds(kept, key)) {
                deleteProperty(object, key);
            }
        });
    };

    // What the engine makes from here on stays in part. So it comes before the table, which takes much room for a time.
    const intrinsics = {
        __proto__: null,
        '%TypedArray%': getPrototypeOf(Uint8Array),
        '%ArrayIteratorPrototype%': getPrototypeOf([].keys()),
        '%StringIteratorPrototype%': getPrototypeOf(''[Symbol.iterator]()),
        '%IteratorPrototype%': getPrototypeOf(getPrototypeOf([].keys())),
        '%AsyncFunction%': (async () => undefined).constructor,
    };

    /** The engine keeps the prototypes of all its classes. Those of which no function has an object need have nothing. */
    const empty = (prototype) => scrub(prototype, newList());

    forEachName(
        'AsyncDisposableStack BigInt BigInt64Array BigUint64Array DisposableStack Float16Array SharedArrayBuffer'
            + ' SuppressedError',
        (name) => empty(globalThis[name].prototype),
    );
    // The syntax has no generators.
    empty(getPrototypeOf(function* () { /* never called */ }));
    empty(getPrototypeOf(async function* () { /* never called */ }));

    const {
        functionProperties, typedArrayNames, errorNames, globals, table,
    } = host.load('prelude/names.js')(host, internal);

    const pushErrors = () => forEachName(errorNames, (name) => {
        table[table.length] = [name, functionProperties];
        table[table.length] = [name + '.prototype', 'constructor message name' + (name === 'Error' ? ' toString' : '')];
    });

    const pushTypedArrays = () => forEachName(typedArrayNames, (name) => {
        table[table.length] = [name, functionProperties + ' BYTES_PER_ELEMENT'];
        table[table.length] = [name + '.prototype', 'constructor BYTES_PER_ELEMENT'];
    });

    const objectNamed = (name) => {
        const dot = indexOf(name, '.');
        const first = dot === -1 ? name : slice(name, 0, dot);
        const object = intrinsics[first] === undefined ? globalThis[first] : intrinsics[first];
        return dot !== -1 && isObject(object) ? object[slice(name, dot + 1)] : object;
    };

    const runtime = internal.isRuntime1 ? '1' : '2';

    /** The property key that a name of the table stands for in this runtime; `undefined` if it isn't in it. */
    const keyOf = (name) => {
        const isVersioned = name[1] === ':';
        if (isVersioned && name[0] !== runtime) {
            return undefined;
        }
        const plain = isVersioned ? slice(name, 2) : name;
        return indexOf(plain, 'Symbol.') === 0 ? internal.Symbol[slice(plain, 7)] : plain;
    };

    /** The keys of the names in the texts of a list, from one of them on. */
    const keysOf = (texts, start) => {
        const kept = newList();
        for (let i = start; i < texts.length; i += 1) {
            forEachName(texts[i], (name) => { kept[kept.length] = keyOf(name); });
        }
        return kept;
    };

    // One row after the other, which takes the least room at a time.
    const scrubRow = (row) => {
        const object = objectNamed(row[0]);
        if (object !== undefined) {
            scrub(object, keysOf(row, 1));
        }
    };

    pushErrors();
    pushTypedArrays();
    forEach(table, scrubRow);
    internal.define(globalThis, Symbol.toStringTag, 'global');
    scrub(globalThis, keysOf(globals, 0));
})
