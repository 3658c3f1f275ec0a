// expected: by hand: the states of a run
const handler = (event) => event.request;
