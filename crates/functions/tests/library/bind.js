// expected: njs 0.7.9
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
function F(a, b, c) { this.sum = a + b + c; }
show(() => F.bind(null, 1).name + ' ' + F.bind(null, 1).length + ' ' + F.bind(null, 1, 2, 3, 4).length);
show(() => (() => 1).bind().name + '|');
show(() => new (F.bind(null, 1))(2, 3).sum);
show(() => new (F.bind(null, 1))(2, 3) instanceof F);
show(() => new F(1, 2, 3) instanceof F.bind());
show(() => function () { return this; }.bind(5)() + '');
show(() => function () { return Array.prototype.slice.call(arguments).join(); }.bind(null, 1, 2)(3, 4));
show(() => Math.max.bind(null, 5)(1, 9));
show(() => new (Math.max.bind())());
show(() => new ((() => 1).bind())());
show(() => Function.prototype.bind.call(1));
show(() => Function.prototype.bind.name + Function.prototype.bind.length);
show(() => F.bind(null, 1).bind(null, 2).name + ' ' + F.bind(null, 1).bind(null, 2).length);
show(() => Object.prototype.toString.call(F.bind()) + typeof F.bind());
show(() => { const f = function () {}; Object.defineProperty(f, 'length', { value: 'x' }); Object.defineProperty(f, 'name', { value: 5 }); return f.bind().length + ' ' + f.bind().name; });
