// expected: njs 0.7.9
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
['(', ')', '[', '*', '+a', '?', 'a**', 'a{2,1}', '\\', '(?<a', '(?<a>', '(a', '((a)', 'a)', '[a', 'a|*', '(*)'].forEach((pattern) => {
    show(() => new RegExp(pattern));
});
['g', 'gi', 'gim', 'y', 'gimy', '', undefined].forEach((flags) => show(() => new RegExp('a', flags).flags));
['s', 'u', 'd', 'v', 'gg', 'gx', 'G', null, 5].forEach((flags) => show(() => new RegExp('a', flags)));
show(() => String(new RegExp(/a/gi)) + ' ' + String(new RegExp(/a/gi, 'm')));
show(() => String(new RegExp()) + ' ' + String(new RegExp('')) + ' ' + String(new RegExp(undefined)) + ' ' + String(new RegExp(null)));
show(() => RegExp('a', 'g').test('xa') + ' ' + RegExp.name + ' ' + RegExp.length);
show(() => RegExp.prototype.constructor === RegExp && /x/ instanceof RegExp && /x/.constructor === RegExp);
show(() => { const r = /x/; return (RegExp(r) === r) + ' ' + (new RegExp(r) === r); });
show(() => /a/.dotAll + ' ' + /a/.unicode + ' ' + /a/y.sticky + ' ' + /a/g.flags);
