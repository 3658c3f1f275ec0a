// expected: by hand: the states of a run
globalThis.handler = function (event) { return event.request; };
