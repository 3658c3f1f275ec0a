// expected: njs 0.7.9
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
show(() => foo);
show(() => foo.bar);
show(() => foo());
show(() => { foo = 1; });
show(() => { foo += 1; });
show(() => typeof foo);
show(() => new Map());
show(() => new URL('https://a'));
show(() => { missing.x = 1; });
show(() => [1].map((x) => nope + x));
show(() => { return { a: nothing }; });
show(() => `${absent}`);
show(() => new Foo());
