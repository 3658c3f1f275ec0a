// expected: by hand: strings are UTF-16, as in JavaScript; njs counts code points (docs/differences.md)
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
show(() => ['😀'.length, '😀'.charCodeAt(0), '😀'.codePointAt(0), 'a😀b'.indexOf('b'), '😀'.split('').length].join());
show(() => [encodeURIComponent('a😀b'), 'a😀b'.slice(1, 3), '😀a'.split('a')[0], 'a😀'.replace('😀', 'x')].join());
show(() => [Buffer.byteLength('😀'), Buffer.from('😀').toString(), JSON.stringify('😀'), '😀' === '\ud83d\ude00'].join());
