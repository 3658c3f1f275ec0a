// expected: by hand: the time of a run stands still [D R20]
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
const start = Date.now();
let count = 0;
for (let i = 0; i < 100000; i += 1) { count += i; }
show(() => Date.now() === start && new Date().getTime() === start);
show(() => Date() === new Date(start).toString());
show(() => new Date().toISOString());
show(() => new Date(undefined).getTime());
show(() => Date.now.call(undefined) === start);
