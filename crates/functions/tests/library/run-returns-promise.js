// expected: by hand: the states of a run
function handler(event) { return new Promise((resolve) => resolve(event.request)).then((request) => { request.uri = '/then'; return request; }); }
