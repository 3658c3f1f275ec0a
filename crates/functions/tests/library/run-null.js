// expected: by hand: the states of a run
async function handler(event) { return null; }
