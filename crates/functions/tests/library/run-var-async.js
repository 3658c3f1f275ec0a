// expected: by hand: the states of a run
// event: {"request":{"uri":"/a","headers":{"host":{"value":"h"}}}}
var handler = async (event) => { await null; event.request.uri = '/b'; return event.request; };
