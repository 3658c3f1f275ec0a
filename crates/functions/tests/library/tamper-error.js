// expected: by hand: the text of an error whose message throws
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
function handler(event) {
    const error = new Error('x');
    Object.defineProperty(error, 'message', { get() { throw new RangeError('inner'); } });
    throw error;
}
