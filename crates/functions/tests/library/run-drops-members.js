// expected: by hand: the states of a run
function handler(event) { event.request.f = () => 1; event.request.u = undefined; event.request.n = NaN; return event.request; }
