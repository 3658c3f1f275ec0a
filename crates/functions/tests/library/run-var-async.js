// expected: by hand: the states of a run
var handler = async (event) => { await null; event.request.uri = '/b'; return event.request; };
