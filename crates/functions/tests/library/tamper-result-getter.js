// expected: by hand: a getter that throws is the error
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
function handler(event) {
    return { get uri() { throw new RangeError('from a getter'); } };
}
