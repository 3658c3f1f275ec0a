// expected: njs 0.7.9
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
const event = { request: { headers: { host: { value: 'x' } } } };
let u;
show(() => event.foo());
show(() => event.foo(1, 2));
show(() => event.foo(event.request));
show(() => event.foo(event.request.headers.host.value));
show(() => event.foo(String(1)));
show(() => event.foo(event.request.headers.host.value.toLowerCase()));
show(() => event.request.headers.host.startsWith('x'));
show(() => event.request.headers.host.startsWith('/' + event.request.headers.host.value));
show(() => event.request.headers.host.value.foo('a', { a: 1, b: [event.request.headers] }));
show(() => event['foo'](1));
show(() => event["foo"](event));
show(() => event
    .foo(
        event.request,
        1
    ));
show(() => event.foo(function () { return 1; }));
show(() => event.foo(() => { return event.request; }, event.request));
show(() => event.foo(`a${event.request}b`));
show(() => { if (event.isFoo()) { return 1; } });
show(() => [1].map((x) => event.foo(x)));
show(() => 'a'.replace('a', event.foo()));
show(() => JSON.parse(event.foo()));
show(() => event.foo ? 1 : event.bar(2));
show(() => event.foo(/[(]/.exec('(')));
show(() => event.request.headers.host.value.split('.').foo());
show(() => event.request.headers.host.value.split('.').map((x) => x).foo((x) => x));
show(() => u());
show(() => u(event, 'a'));
show(() => u(String(1)));
show(() => u(event.request.headers));
show(() => new u(1));
show(() => new event.foo());
show(() => new event.foo(event.request));
show(() => (event.foo || event.bar)(1));
show(() => u`x`);
show(() => console.error('x'));
show(() => ''.matchAll(/x/g));
show(() => [].flat());
show(() => Object.fromEntries([]));
show(() => 'a'.at(0));
show(() => new Math.max());
show(() => new (() => 1)());
show(() => { var a = {}; a[0](); });
