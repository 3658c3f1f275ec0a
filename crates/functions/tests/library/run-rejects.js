// expected: by hand: the states of a run
async function handler(event) { await null; throw new RangeError('late'); }
