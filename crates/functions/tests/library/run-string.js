// expected: by hand: the states of a run
function handler(event) { return 'text'; }
