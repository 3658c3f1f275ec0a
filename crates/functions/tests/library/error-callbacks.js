// expected: njs 0.7.9
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
['map', 'forEach', 'filter', 'some', 'every', 'find', 'findIndex', 'reduce', 'reduceRight'].forEach((name) => {
    show(() => [1][name]());
    show(() => [1][name]({}));
});
show(() => new Uint8Array(1).map());
show(() => [1].sort(1));
show(() => [1].sort(null));
show(() => new Promise());
show(() => new Promise(1));
show(() => Promise());
show(() => Promise.prototype.then.call(1));
show(() => Function.prototype.call.call(1));
show(() => Function.prototype.bind.call(1));
