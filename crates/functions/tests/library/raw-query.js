// expected: by hand [D GH]
// raw-query: a=1&b=%20
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
function handler(event) {
    show(() => event.request.rawQueryString());
    show(() => Object.keys(event.request).join());
    show(() => JSON.stringify(event.request));
    return event.request;
}
