// expected: by hand: njs 0.7.9 has no replaceAll; AWS lists it [D R20]
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
show(() => 'a-b-c'.replaceAll('-', '/'));
show(() => 'a-b-c'.replaceAll(/-/g, '/'));
show(() => 'abc'.match(/b/)[0] + ' ' + 'abcb'.match(/b/g).length + ' ' + 'abc'.search(/c/) + ' ' + 'a,b'.split(/,/).length + ' ' + 'abc'.replace(/b/, 'x'));
show(() => 'aXbX'.split('X').join('-') + ' ' + 'abc'.padStart(5, '-') + ' ' + ' a '.trimStart().trimEnd());
show(() => /(?<year>\d{4})/.exec('in 2024').groups.year);
show(() => 'x'.codePointAt(0) + ' ' + String.fromCodePoint(0x1f600));
