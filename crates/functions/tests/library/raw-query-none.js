// expected: by hand [D GH]
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
function handler(event) {
    show(() => event.request.rawQueryString());
    return event.request;
}
