// expected: by hand: the states of a run
function handler(event) { event.request.self = event.request; return event.request; }
