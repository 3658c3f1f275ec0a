// expected: by hand: one argument is printed [D R20]
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
console.log('a', 'b');
console.log({ a: 1 }, 2);
console.log();
console.log(undefined, 1);
show(() => console.log('returned') === undefined);
const log = console.log;
log('without this');
show(() => console.error('x'));
show(() => console.warn('x'));
show(() => console.info);
show(() => Object.getOwnPropertyNames(console).join());
show(() => String(console) + ' ' + console.log.name + ' ' + console.log.length);
console.log = function (text) { log('mine ' + text); };
console.log('x');
