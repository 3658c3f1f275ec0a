// expected: njs 0.7.9
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
['', 'a', 'ab', 'abc', 'abcd', 'é', '\u0000\u00ff', '€', 'a\ud800'].forEach((text) => show(() => btoa(text)));
show(() => btoa());
show(() => btoa(null));
show(() => btoa(12));
show(() => btoa({}));
['', 'YQ==', 'YWI=', 'YWJj', 'YQ=', 'Y', '=', '====', 'YQ===', 'YW=I', '*', '_-8=', 'YWJj=', 'é', '6Q==', '/+8='].forEach((text) => {
    show(() => text + ' ' + atob(text).length + ' ' + escapeAll(atob(text)));
});
function escapeAll(text) { return text.split('').map((c) => c.charCodeAt(0)).join(); }
show(() => atob());
show(() => atob(null).length);
show(() => atob(1234).length);
show(() => atob.name + atob.length + btoa.name + btoa.length);
