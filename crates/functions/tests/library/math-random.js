// expected: by hand: a run's random numbers come from its seed [D]
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
const list = [Math.random(), Math.random(), Math.random()];
show(() => list.every((x) => x >= 0 && x < 1));
show(() => list[0] !== list[1]);
show(() => Math.random.name + Math.random.length);
