// expected: by hand: the states of a run
// event: {"request":{"uri":"/a","headers":{"host":{"value":"h"}}}}
globalThis.handler = function (event) { return event.request; };
