// expected: njs 0.7.9
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
['Error', 'EvalError', 'InternalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError'].forEach((name) => {
    const C = globalThis[name];
    show(() => name + ' ' + String(new C('m')) + ' ' + String(C('m')) + ' ' + C.name + ' ' + C.length);
    show(() => (new C('m') instanceof C) + ' ' + (new C('m') instanceof Error) + ' ' + (C.prototype.name === name));
    show(() => Object.keys(new C('m')).length + ' ' + new C('m').stack);
});
show(() => Object.getOwnPropertyNames(new Error('a')).join());
show(() => Object.getOwnPropertyNames(new Error()).join());
show(() => new Error('a', { cause: 1 }).cause);
show(() => new AggregateError([1, 2], 'm').errors.join() + ' ' + new AggregateError([], 'm'));
show(() => Error.captureStackTrace);
show(() => Error.stackTraceLimit);
show(() => Error.prepareStackTrace);
show(() => 'stack' in Error.prototype);
show(() => Object.prototype.toString.call(new TypeError('x')));
show(() => { try { undefined.x; } catch (e) { return e.name + ' ' + e.constructor.name + ' ' + (e instanceof TypeError); } });
show(() => { try { foo; } catch (e) { return (e instanceof ReferenceError) + ' ' + e.message; } });
function Mine(message) { this.message = message; }
Mine.prototype = Object.create(Error.prototype);
Mine.prototype.name = 'Mine';
show(() => { throw new Mine('hello'); });
show(() => new Mine('x') instanceof Error);
show(() => { throw Object.assign(new Error('m'), { name: 'Custom' }); });
