// expected: njs 0.7.9
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
show(() => [3, 1, 2].sort((a, b) => a > b).join() + ' ' + [2, 3, 1].sort((a, b) => a > b).join() + ' ' + [5, 4, 3, 2, 1].sort((a, b) => a > b).join());
show(() => [1, 2, 3].sort((a, b) => a < b).join() + ' ' + [1, 3, 2, 5, 4].sort((a, b) => a < b).join() + ' ' + [1, 2, 3].sort(() => true).join());
show(() => [1, 2, 3].sort(() => {}).join() + ' ' + [3, 2, 1].sort(() => NaN).join() + ' ' + [3, 2, 1].sort(() => 'x').join() + ' ' + [1, 2, 3].sort((a, b) => String(b - a)).join());
show(() => { const seen = []; [1, 2, 3, 4].sort((a, b) => { seen.push(a + '/' + b); return a - b; }); return seen.join(' '); });
show(() => [10, 9, 1].sort().join() + ' ' + [10, 9, 1].sort(undefined).join() + ' ' + ['b', undefined, 'a'].sort().length);
show(() => [3, 1, 2].sort((a, b) => b - a).join() + ' ' + [[2, 'a'], [1, 'b'], [2, 'c'], [1, 'd']].sort((a, b) => a[0] - b[0]).join());
show(() => [2, 1].sort(null));
show(() => [2, 1].sort(1));
show(() => [2, 1].sort(() => { throw new Error('x'); }));
show(() => [2, 1].sort(() => Symbol.iterator));
show(() => { const list = []; for (let i = 0; i < 300; i += 1) { list.push((i * 7919) % 300); } return list.sort((a, b) => a - b).every((x, i) => x === i); });
show(() => [2, 1].sort(function () { return this === undefined ? -1 : 1; }).join() + ' ' + [].sort.length + ' ' + [].sort.name);
