// expected: by hand: the prelude works whatever a function replaces
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
JSON.parse = () => { throw new Error('replaced'); };
JSON.stringify = () => 'replaced';
Object.keys = Object.getOwnPropertyNames = Object.defineProperty = Object.create = () => { throw new Error('replaced'); };
Promise.resolve = () => { throw new Error('replaced'); };
Promise.prototype.then = () => { throw new Error('replaced'); };
Object.prototype.hasOwnProperty = () => true;
Error = TypeError = undefined;
console.log({ a: 1 });
async function handler(event) {
    try { undefined.x; } catch (e) { console.log(String(e)); }
    event.request.uri = '/changed';
    return event.request;
}
