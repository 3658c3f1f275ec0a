// expected: njs 0.7.9
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
console.log('plain');
console.log("it's \"quoted\" \\ é€😀");
console.log(['plain', "it's", '"', '\\', 'é€😀', '\t\n\r\b\f\v\u0001']);
console.log({ key: 'value', 'a b': 'c', '': 'empty', 1: 'one' }[1]);
console.log('');
console.log(['']);
console.log('%s %d');
console.log('two\nlines');
console.log(Object('boxed'));
console.log([Object('boxed')]);
