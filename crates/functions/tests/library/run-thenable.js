// expected: by hand: the states of a run
async function handler(event) { return { then(resolve) { resolve(event.request); } }; }
