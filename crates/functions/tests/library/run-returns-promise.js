// expected: by hand: the states of a run
// event: {"request":{"uri":"/a","headers":{"host":{"value":"h"}}}}
function handler(event) { return new Promise((resolve) => resolve(event.request)).then((request) => { request.uri = '/then'; return request; }); }
