// expected: by hand: the states of a run
// event: {"request":{"uri":"/a","headers":{"host":{"value":"h"}}}}
async function handler(event) { return null; }
