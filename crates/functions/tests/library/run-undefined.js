// expected: by hand: the states of a run
// event: {"request":{"uri":"/a","headers":{"host":{"value":"h"}}}}
function handler(event) { event.request.uri = '/b'; }
