// expected: njs 0.7.9
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
const present = (object, label, names) => names.split(' ').forEach((name) => {
    const value = object[name];
    show(() => label + '.' + name + ' ' + (typeof value === 'function' ? value.name + '/' + value.length : typeof value));
});
present(Object, 'Object', 'create keys defineProperties getOwnPropertyDescriptor preventExtensions getOwnPropertyDescriptors getPrototypeOf assign isFrozen isSealed getOwnPropertyNames entries defineProperty getOwnPropertySymbols isExtensible values freeze seal is setPrototypeOf');
present(Object.prototype, 'Object.prototype', 'constructor valueOf toString hasOwnProperty propertyIsEnumerable isPrototypeOf');
present(Function.prototype, 'Function.prototype', 'call apply bind');
present(Array, 'Array', 'isArray of');
present(Array.prototype, 'Array.prototype', 'find concat forEach keys some indexOf filter reduce reduceRight reverse shift splice entries join every lastIndexOf length map fill includes pop push toString values findIndex unshift sort');
present(String, 'String', 'fromCharCode fromCodePoint');
present(String.prototype, 'String.prototype', 'padStart concat codePointAt indexOf repeat substring substr startsWith slice charCodeAt match valueOf trim trimStart split charAt lastIndexOf toUpperCase trimEnd toLowerCase replace includes toString endsWith search padEnd');
present(Number, 'Number', 'parseFloat POSITIVE_INFINITY parseInt NaN MAX_VALUE MAX_SAFE_INTEGER isFinite EPSILON MIN_SAFE_INTEGER isSafeInteger isInteger MIN_VALUE NEGATIVE_INFINITY isNaN');
present(Number.prototype, 'Number.prototype', 'valueOf toString toFixed toPrecision toExponential');
present(Math, 'Math', 'E asin log10 log1p clz32 fround log max sin sqrt cbrt cosh SQRT2 acosh log2 expm1 LN2 LOG10E abs LN10 LOG2E ceil sign tanh atanh round asinh exp imul sinh cos acos trunc PI SQRT1_2 atan2 floor pow random tan atan hypot min');
present(Date.prototype, 'Date.prototype', 'getHours getSeconds getUTCMonth setUTCDate toLocaleString setHours getTimezoneOffset setUTCMonth toJSON getTime setUTCSeconds valueOf toUTCString setMinutes toString toTimeString toISOString toDateString');
present(RegExp.prototype, 'RegExp.prototype', 'exec test toString');
present(Promise, 'Promise', 'resolve reject all allSettled any race');
present(Promise.prototype, 'Promise.prototype', 'then catch finally');
present(ArrayBuffer.prototype, 'ArrayBuffer.prototype', 'slice');
present(DataView.prototype, 'DataView.prototype', 'setUint32 getInt32 getFloat64 getUint16 setInt8 getUint8');
present(globalThis, 'globalThis', 'parseFloat parseInt isFinite isNaN encodeURI encodeURIComponent decodeURI decodeURIComponent atob btoa require eval');
show(() => [typeof globalThis, NaN, Infinity, undefined].join());
show(() => String(globalThis) + ' ' + (this === globalThis));
show(() => Symbol.for('a') === Symbol.for('a') && Symbol.keyFor(Symbol.for('a')) === 'a');
show(() => Symbol('d').description);
show(() => typeof Symbol.iterator + typeof Symbol.species + typeof Symbol.toPrimitive);
