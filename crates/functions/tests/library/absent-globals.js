// expected: njs 0.7.9
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
['Map', 'Set', 'WeakMap', 'WeakSet', 'WeakRef', 'Proxy', 'Reflect', 'BigInt', 'Intl', 'URL', 'URLSearchParams', 'structuredClone', 'queueMicrotask', 'fetch', 'Atomics', 'SharedArrayBuffer', 'escape', 'unescape', 'setInterval', 'Iterator', 'FinalizationRegistry', 'BigInt64Array', 'BigUint64Array', 'Float16Array', 'performance', 'DOMException', 'WebAssembly', 'AsyncFunction', 'GeneratorFunction', 'scriptArgs', 'navigator', 'window', 'self', 'module', 'exports', 'gc', 'AsyncIterator', 'DisposableStack', 'SuppressedError', 'Temporal', 'handler'].forEach((name) => {
    show(() => name + ' ' + typeof globalThis[name] + ' ' + (name in globalThis));
});
show(() => new Map());
show(() => new URL('https://a'));
show(() => Reflect.ownKeys({}));
show(() => BigInt(1));
