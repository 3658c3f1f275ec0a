// expected: by hand: what the language says of arrays holds behind the bounds
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
show(() => [1, 2, 3].lastIndexOf(3) + ' ' + [1, 2, 3].lastIndexOf(1, undefined) + ' ' + [1, 2, 1].lastIndexOf(1, -2));
show(() => [1, 2].reduce((a, b) => a + b) + ' ' + [].reduce((a, b) => a, undefined) + ' ' + [1].reduceRight((a, b) => a + b, 5));
show(() => [].reduce((a, b) => a));
show(() => { const a = [1, 2, 3]; const b = a.splice(); return a.join() + '|' + b.join(); });
show(() => { const a = [1, 2, 3]; const b = a.splice(1); return a.join() + '|' + b.join(); });
show(() => { const a = [1, 2, 3]; const b = a.splice(1, 1, 'x', 'y'); return a.join() + '|' + b.join(); });
show(() => { const a = [2]; return a.unshift(0, 1) + ' ' + a.join() + ' ' + a.unshift(); });
show(() => [1].concat(2, [3, [4]], 'ab', null, undefined).length);
show(() => JSON.stringify([1, , 2].concat([, 3])) + ' ' + (1 in [].concat([1, , 2])));
show(() => Object.getOwnPropertyNames([].concat(1)).join());
show(() => Array.prototype.concat.call(1, 2).length + ' ' + typeof Array.prototype.concat.call('a')[0]);
show(() => Array.prototype.concat.call(undefined));
show(() => [3, 1, 2].sort().join() + ' ' + [3, 1, 2].sort((a, b) => b - a).join() + ' ' + [10, 9, 1].sort(undefined).join());
show(() => [1, 2, 3].fill(0, 1).join() + ' ' + [1, 2, 3].fill().join() + ' ' + [1, 2, 3, 4].copyWithin(0, 2).join());
show(() => [1, 2, 3].join() + [1, 2].join(undefined) + [1, 2].join('-') + [null, undefined, 1].join());
show(() => [1, 2, 3].slice(-2).join() + ' ' + [1, 2, 3].slice().join() + ' ' + [1, 2, 3].slice(1, undefined).join());
show(() => [1, 2].map(function (x) { return this.k + x; }, { k: 1 }).join());
show(() => [1, NaN].includes(NaN) + ' ' + [1, 2].includes(1, 1) + ' ' + [NaN].indexOf(NaN) + ' ' + [1, 2].indexOf(2, -1));
show(() => [[1, [2]], 3].toString() + ' ' + [1, 2] + ' ' + String([[]]));
show(() => { const a = [1, 2]; return (a.reverse() === a) + ' ' + (a.sort() === a) + ' ' + (a.fill(1) === a) + ' ' + a.shift() + ' ' + [].shift(); });
show(() => { const spread = { length: 2, 0: 'a', 1: 'b', [Symbol.isConcatSpreadable]: true }; return [].concat(spread, 'c').join(); });
show(() => { const list = [1, 2]; list[Symbol.isConcatSpreadable] = false; return [].concat(list).length; });
['concat', 'join', 'map', 'splice', 'reduce', 'lastIndexOf', 'sort', 'slice', 'unshift'].forEach((name) => show(() => Array.prototype[name].name + ' ' + Array.prototype[name].length));
show(() => new ([].map)());
