// expected: njs 0.7.9
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
show(() => { const c = 1; c = 2; });
show(() => { const c = 1; c += 2; });
show(() => { const c = 1; c++; });
show(() => { const c = 1; ++c; });
show(() => { const c = 1; (() => { c = 3; })(); });
show(() => { const c = Object.freeze({ c: 1 }); c.c = 2; });
show(() => { const c = Object.freeze({ c: 1 }); c['c'] = 2; });
show(() => { const c = Object.freeze({ c: { e: 1 } }); c.c.e = 2; c.d = c.c.e; });
show(() => { const c = Object.freeze({ c: 1 }); delete c.c; });
show(() => { const c = Object.freeze([1]); c[0] = 2; });
show(() => { const c = Object.freeze([1]); c[3] = 2; });
show(() => { delete [].length; });
show(() => { delete Object.prototype; });
show(() => { const c = { get x() { return 1; } }; c.x = 2; });
show(() => { const c = { get x() { return 1; } }; c.x = c; });
show(() => { Object.defineProperty({}, 'a', { get() { return 1; } }).a = 1; });
show(() => { undefined = 1; });
show(() => { NaN = 1; });
show(() => { Infinity = 1; });
show(() => { Math.PI = 3; });
show(() => { const f = function () {}; Object.freeze(f); f.x = 1; });
show(() => { x; let x = 1; });
show(() => { x = 1; let x; });
show(() => { f(); const g = 1; function f() { return g; } });
