// expected: njs 0.7.9
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
const o = { a: {} };
let u;
show(() => u.x);
show(() => null.x);
show(() => u[0]);
show(() => u['x-y']);
show(() => u['é']);
show(() => o.b.c);
show(() => o.a.b.c);
show(() => o.b.c());
show(() => o['b'].c);
show(() => { u.x = 1; });
show(() => { null.x = 1; });
show(() => { o.b.c = 1; });
show(() => { o.b.c += 1; });
show(() => { 'abc'.x = 1; });
show(() => { const s = 'abc'; s.x = 1; });
show(() => { true.x = 1; });
show(() => { delete u.x; });
show(() => 'a' in 'b');
show(() => 1 in 1);
show(() => 1 instanceof 1);
show(() => 1 instanceof {});
