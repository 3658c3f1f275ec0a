// expected: njs 0.7.9
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
show(() => { throw new TypeError('not a function'); });
show(() => { throw new TypeError("cannot read property 'a' of undefined"); });
show(() => { throw TypeError('a is not defined'); });
show(() => { throw new ReferenceError('a is not defined'); });
show(() => { throw new Error('circular reference'); });
show(() => { throw new RangeError('invalid array length'); });
show(() => { const e = new Error('one'); e.message = 'not a function'; throw e; });
show(() => { try { throw new Error('x is not defined'); } catch (e) { throw e; } });
show(() => { try { u.x; } catch (e) { throw e; } });
show(() => { try { nope(); } catch (e) { throw new Error('wrapped: ' + e.message); } });
show(() => new Error('x is not defined').message);
show(() => { throw new Error(); });
show(() => { throw new Error(''); });
show(() => { throw new Error(undefined); });
show(() => { throw new Error(null); });
show(() => { throw new Error({}); });
show(() => { throw new Error(Symbol('x')); });
let u;
