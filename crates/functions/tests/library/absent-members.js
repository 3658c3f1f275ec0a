// expected: njs 0.7.9
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
const absent = (object, label, names) => names.split(' ').forEach((name) => show(() => label + '.' + name + ' ' + typeof object[name]));
absent(Object, 'Object', 'fromEntries hasOwn groupBy');
absent(Object.prototype, 'Object.prototype', '__defineGetter__ __defineSetter__ __lookupGetter__ __lookupSetter__ toLocaleString');
absent(String, 'String', 'raw');
absent(String.prototype, 'String.prototype', 'matchAll at normalize localeCompare isWellFormed toWellFormed anchor big link trimLeft trimRight toLocaleLowerCase toLocaleUpperCase');
absent(Number.prototype, 'Number.prototype', 'toLocaleString');
absent(Array, 'Array', 'from fromAsync');
absent(Array.prototype, 'Array.prototype', 'flat flatMap at findLast findLastIndex toSorted toReversed toSpliced with toLocaleString');
absent(Object.getPrototypeOf(Uint8Array.prototype), 'TypedArray.prototype', 'at findLast findLastIndex toSorted toReversed with toLocaleString');
absent(Uint8Array, 'Uint8Array', 'fromBase64 fromHex');
absent(Uint8Array.prototype, 'Uint8Array.prototype', 'toBase64 toHex setFromBase64 setFromHex');
absent(ArrayBuffer.prototype, 'ArrayBuffer.prototype', 'resize transfer transferToFixedLength resizable maxByteLength detached');
absent(DataView.prototype, 'DataView.prototype', 'getBigInt64 setBigInt64 getBigUint64 setBigUint64 getFloat16 setFloat16');
absent(Math, 'Math', 'f16round sumPrecise');
absent(JSON, 'JSON', 'rawJSON isRawJSON');
absent(Promise, 'Promise', 'withResolvers try');
absent(RegExp, 'RegExp', 'escape input lastMatch $1');
absent(RegExp.prototype, 'RegExp.prototype', 'compile dotAll hasIndices unicode unicodeSets');
absent(Date.prototype, 'Date.prototype', 'getYear setYear toGMTString');
absent(Error, 'Error', 'captureStackTrace stackTraceLimit prepareStackTrace isError');
absent(Error.prototype, 'Error.prototype', 'stack');
absent([].keys(), 'ArrayIterator', 'map filter take drop flatMap reduce toArray forEach some every find return throw');
absent(Function.prototype, 'Function.prototype', 'toSource');
show(() => [][Symbol.unscopables] === undefined && Array[Symbol.species] === undefined && RegExp[Symbol.species] === undefined);
show(() => RegExp.prototype[Symbol.matchAll]);
