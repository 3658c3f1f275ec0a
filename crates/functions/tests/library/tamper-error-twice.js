// expected: by hand: a text that cannot be had
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
function handler(event) {
    const error = new Error('x');
    Object.defineProperty(error, 'message', { get() { throw error; } });
    throw error;
}
