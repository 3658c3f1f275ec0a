// expected: by hand: runtime 1.0 [D R10, RF]
// runtime: 1.0
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
function handler(event) {
    show(() => typeof event.request.rawQueryString);
    event.request.uri += 'b';
    return event.request;
}
