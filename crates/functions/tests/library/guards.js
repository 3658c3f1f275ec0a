// expected: by hand: lengths that the engine would loop over are refused, as njs refuses a length
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
const huge = { length: 9007199254740991 };
const sparse = []; sparse.length = 4294967295;
const big = 2000000;
['join', 'reverse', 'sort', 'splice', 'copyWithin', 'slice', 'concat', 'indexOf', 'lastIndexOf', 'includes', 'fill', 'shift', 'unshift', 'toString'].forEach((name) => {
    show(() => name + ' ' + typeof Array.prototype[name].call(sparse, 1, 1));
    if (name !== 'concat' && name !== 'toString') { show(() => name + ' ' + typeof Array.prototype[name].call(huge, 1, 1)); }
});
['map', 'forEach', 'filter', 'some', 'every', 'reduce', 'reduceRight'].forEach((name) => {
    show(() => name + ' ' + typeof Array.prototype[name].call(sparse, () => 1));
    show(() => name + ' ' + typeof Array.prototype[name].call(huge, () => 1));
});
show(() => [].concat(sparse));
show(() => [1].concat([2], sparse));
show(() => [].concat({ length: 1e9, [Symbol.isConcatSpreadable]: true }));
show(() => Array.prototype.slice.call({ get length() { return 1; } }));
show(() => Array.prototype.join.call({ length: { valueOf() { return 1; } } }));
show(() => [Object.create(sparse)].join.call(Object.create(sparse)));
show(() => Array.prototype.join.call({ length: 2, 0: 'a', 1: 'b' }));
show(() => Array.prototype.map.call('abc', (c) => c + c).join());
show(() => Array.prototype.slice.call((function () { return arguments; })(1, 2)).length);
show(() => Array.prototype.indexOf.call(new Uint8Array([5, 6]), 6));
show(() => Array.prototype.join.call(5) + Array.prototype.join.call({}));
show(() => { const list = []; list[1000] = 1; return list.indexOf(1) + ' ' + list.join('').length; });
show(() => new Array(big).join('x').length);
show(() => String(sparse));
show(() => sparse + '');
show(() => new Array(262144).indexOf(1));
show(() => new Array(262145).indexOf(1));
show(() => 'a'.repeat(4096).split('a'.repeat(4096)).length);
show(() => 'a'.repeat(4097).split('a'.repeat(4096)).length);
show(() => 'a'.repeat(4097).replace('a'.repeat(4096), ''));
