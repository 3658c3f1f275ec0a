// expected: njs 0.7.9
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
show(() => encodeURIComponent("a b&c=d/é€😀!'()*~-._"));
show(() => encodeURI("a b&c=d/é€😀!'()*~-._;,?:@+$#[]"));
show(() => decodeURIComponent('%61%20%C3%A9%e2%82%ac%F0%9F%98%80'));
show(() => decodeURI('%61%20%2F%3F%C3%A9'));
show(() => decodeURIComponent('a+b'));
show(() => decodeURIComponent('%'));
show(() => decodeURIComponent('%4'));
show(() => decodeURIComponent('%zz'));
show(() => decodeURIComponent('%ff'));
show(() => decodeURIComponent('%C3'));
show(() => decodeURIComponent('%C3%28'));
show(() => decodeURIComponent('%E2%82'));
show(() => decodeURI('%ff'));
show(() => encodeURIComponent('\ud800'));
show(() => encodeURI('a\udc00'));
show(() => encodeURIComponent() + decodeURIComponent());
show(() => encodeURIComponent(null) + encodeURIComponent(1.5) + encodeURIComponent({}));
show(() => encodeURIComponent.length + encodeURIComponent.name);
