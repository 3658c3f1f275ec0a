// expected: by hand: the globals of [D R20], eval and require; AggregateError is njs's
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
show(() => Object.getOwnPropertyNames(globalThis).filter((name) => name !== 'show').sort().join(' '));
show(() => Object.getOwnPropertySymbols(globalThis).map(String).join());
show(() => Object.keys(globalThis).filter((name) => name !== 'show').join());
const own = (label, object) => show(() => label + ': ' + Object.getOwnPropertyNames(object).concat(Object.getOwnPropertySymbols(object).map(String)).sort().join(' '));
['Object', 'Function', 'Array', 'String', 'Number', 'Boolean', 'Symbol', 'Math', 'JSON', 'Date', 'RegExp', 'Promise', 'ArrayBuffer', 'DataView', 'Uint8Array', 'TextEncoder', 'TextDecoder', 'Error', 'TypeError', 'Buffer', 'console'].forEach((name) => {
    own(name, globalThis[name]);
    if (globalThis[name].prototype !== undefined && name !== 'Buffer') {
        own(name + '.prototype', globalThis[name].prototype);
    }
});
const typed = Object.getPrototypeOf(Uint8Array);
own('%TypedArray%', typed);
own('%TypedArray%.prototype', typed.prototype);
const arrays = Object.getPrototypeOf([].keys());
own('%ArrayIterator%', arrays);
own('%Iterator%', Object.getPrototypeOf(arrays));
own('%StringIterator%', Object.getPrototypeOf(''[Symbol.iterator]()));
own('%AsyncFunction%', Object.getPrototypeOf(async () => 1));
own('error', new Error('x'));
own('decoder', new TextDecoder());
own('buffer', Buffer.from('a'));
own('handle', Object.getPrototypeOf(require('crypto').createHash('md5')));
