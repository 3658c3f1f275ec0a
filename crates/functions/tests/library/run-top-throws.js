// expected: by hand: the states of a run
undefinedFunction();
function handler(event) { return event.request; }
