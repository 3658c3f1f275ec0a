//! Hostile programs: what somebody might write to hurt the server, or by mistake.
//!
//! Each is the body of a handler with `event`, which ends at once if the event asks for calm; what it needs at the top
//! level stands before [`SPLIT`].

/// Parts the top level from the handler's body.
pub(super) const SPLIT: &str = "//---\n";

/// The programs, each with a name.
pub(super) fn all() -> Vec<(String, String)> {
    let mut programs = Vec::new();
    for (kind, bodies) in [
        ("growth", growth()),
        ("loop", loops()),
        ("recursion", recursion()),
        ("expression", regular_expressions()),
        ("length", huge_lengths()),
        ("shrinking", shrinking()),
        ("tampered", tampered()),
        ("jobs", jobs()),
        ("thrown", thrown()),
        ("returned", returned()),
        ("step", long_steps()),
        ("straight", straight_lines()),
        ("refusal", refusals()),
    ] {
        for (number, body) in bodies.into_iter().enumerate() {
            programs.push((format!("{kind} {number}"), body));
        }
    }
    programs
}

/// A whole program from one of [`all`].
pub(super) fn source(body: &str) -> String {
    let (top, body) = body.split_once(SPLIT).unwrap_or(("", body));
    let calm = "if (event.request.uri === '/calm') return event.request;";
    let kind = if body.contains("await ") {
        "async function"
    } else {
        "function"
    };
    format!("{top}\n{kind} handler(event) {{ {calm} {body} \n return event.request; }}")
}

fn owned(bodies: &[&str]) -> Vec<String> {
    bodies.iter().map(|body| (*body).to_owned()).collect()
}

/// Ways of growing, each as it is, and in a loop that catches what it gets.
fn growth() -> Vec<String> {
    let steps = [
        "a.push([1, 2, 3]);",
        "a.push('x'.repeat(1000));",
        "a.push({ a: 1, b: { c: 2 } });",
        "a.push(() => a);",
        "a.push(new Uint8Array(1000));",
        "a.push(new ArrayBuffer(100000));",
        "a.push(Buffer.alloc(5000));",
        "a.push(/x+/g);",
        "a.push(new Error('x'));",
        "a.push(new Date());",
        "a.push(Symbol('x'));",
        "a.push(Promise.resolve(1));",
        "a.push(a.slice());",
        "a.unshift(1, 2, 3);",
        "a = a.concat(a, [1]);",
        "a[a.length * 2 + 1] = 1;",
        "a.push(handler.bind(a));",
        "a.push(JSON.parse('[[[[[1,2,3]]]]]'));",
        "a.push(JSON.stringify(a.length + 'é'));",
        "o['k' + n] = n; n += 1;",
        "o = { o };",
        "o = [o, o];",
        "s += s + 'x';",
        "s += 'xyz';",
        "s = s + 'é'; a.push(s.toUpperCase());",
        "s = s.replace(/^/, 'xx'); a.push(s + 1);",
        "s = 'x' + s.split('').join('yy');",
        "s = (s + 'ab').replace(/./g, '$&$&');",
        "s = s.padEnd(s.length * 2 + 1, 'ab');",
        "s = s.padStart(s.length + 5000);",
        "s = `${s}${s}x`;",
        "s = JSON.stringify(s + '\\\\');",
        "s = encodeURIComponent(s + '%');",
        "s = btoa(s + 'xx');",
        "s = Buffer.from(s + 'xx').toString('hex');",
        "s = Buffer.from(s + 'xx').toString('base64');",
        "b = Buffer.concat([b, b, Buffer.from('x')]);",
        "console.log(s); s += 'log';",
        "a.push(s.match(/$/)); s += 'x';",
        "a.push('a,b,c,d,e'.split(','));",
        "a.push(Object.keys({ a: 1, b: 2 }));",
        "a.push(Object.assign({}, { x: a.length }));",
        "a.push(Object.entries({ a: 1, b: 2, c: 3 }));",
        "a.push(Object.create(a[a.length - 1] || null));",
        "a.push(querystring.parse('a=1&b=2&c=3'));",
        "s = querystring.stringify({ a: s + '&' });",
        "a.push(crypto.createHash('sha256').update('x'));",
        "h.update('0123456789'.repeat(100));",
        "a.push(arguments);",
        "a.length += 100000; a.fill(0);",
        "a.push(new Array(1000).fill(0));",
        "Object.defineProperty(o, 'p' + n, { get() { return a; } }); n += 1;",
    ];
    let setup = "let a = []; let o = {}; let s = ''; let n = 0; let b = Buffer.from('x'); \
                 const h = crypto.createHash('md5');";
    let imports = "import crypto from 'crypto';\nimport querystring from 'querystring';\n";
    let mut bodies = Vec::new();
    for step in steps {
        bodies.push(format!("{imports}{SPLIT}{setup} for (;;) {{ {step} }}"));
        bodies.push(format!(
            "{imports}{SPLIT}{setup} for (;;) {{ try {{ {step} }} catch (e) {{ n += 1; }} }}"
        ));
        bodies.push(format!(
            "{imports}{SPLIT}{setup} try {{ for (;;) {{ {step} }} }} catch (e) {{ return {{ statusCode: 200, n: n }}; }}"
        ));
    }
    bodies
}

fn loops() -> Vec<String> {
    let endless = "for (;;) {}";
    let mut bodies = owned(&[
        "while (true) {}",
        "do {} while (true);",
        "for (;;) { continue; }",
        "outer: for (;;) { for (;;) { continue outer; } }",
        "for (;;) { try { for (;;) {} } catch (e) {} }",
        "for (;;) { try { for (;;) {} } finally { continue; } }",
        "let n = 0; while (n >= 0) { n = (n + 1) % 1000; }",
        "let x = 0; for (;;) { x = Math.sqrt(x + 1); }",
        "for (;;) { ''.trim(); }",
        "for (;;) { [1, 2, 3].map(x => x + 1); }",
        "for (;;) { JSON.parse('{\"a\":1}'); }",
        "for (;;) { new Date(); }",
        "for (;;) { 'abc'.replace(/b/, 'x'); }",
        "for (;;) { parseInt('12'); }",
        "for (;;) { event.request.uri.split('/'); }",
        "for (;;) { try { undefined.x; } catch (e) {} }",
        "for (;;) { try { null(); } catch (e) { e.message; } }",
        "for (;;) { try { throw new Error('x'); } catch (e) {} }",
        "for (const k in { a: 1 }) { for (;;) {} }",
        "switch (1) { case 1: for (;;) {} }",
        "(function f() { for (;;) {} })();",
        "const f = () => { for (;;) {} }; f();",
        "[1].concat([2]).forEach(function () { for (;;) {} });",
        "const o = {}; for (let i = 0; ; i += 1) { o.x = i; delete o.x; }",
        "const u = new Uint8Array(1000); for (;;) { u.fill(1); }",
        "const u = new Uint8Array(100000); for (;;) { u.sort(); }",
        "const u = new Float64Array(10000); for (;;) { u.reverse(); u.indexOf(3); }",
        "const s = 'x'.repeat(100000); for (;;) { s.indexOf('y'); s.includes('z'); }",
        "const s = 'x'.repeat(100000); for (;;) { s.split('y'); s.toUpperCase(); }",
        "const s = 'x'.repeat(100000); for (;;) { encodeURIComponent(s); }",
        "const s = 'x'.repeat(100000); for (;;) { Buffer.from(s); }",
        "const a = []; for (let i = 0; i < 20000; i += 1) { a.push(i % 7); } for (;;) { a.sort(); }",
        "const a = []; for (let i = 0; i < 20000; i += 1) { a.push(i); } for (;;) { a.join(); }",
        "const a = []; for (let i = 0; i < 20000; i += 1) { a.push(i); } for (;;) { JSON.stringify(a); }",
        "const a = []; for (let i = 0; i < 20000; i += 1) { a.push(i); } for (;;) { a.indexOf(-1); a.reverse(); }",
    ]);
    // Wherever the engine calls a function's code from C.
    for place in [
        "[3, 1, 2].sort(CALL);",
        "[1].map(CALL);",
        "[1].filter(CALL);",
        "[1].some(CALL);",
        "[1].every(CALL);",
        "[1].find(CALL);",
        "[1].findIndex(CALL);",
        "[1, 2].reduce(CALL);",
        "[1, 2].reduceRight(CALL);",
        "[1].forEach(CALL);",
        "new Uint8Array(2).map(CALL);",
        "new Uint8Array(2).sort(CALL);",
        "new Float64Array(3).forEach(CALL);",
        "'abc'.replace(/b/, CALL);",
        "'abc'.replaceAll('b', CALL);",
        "JSON.parse('[1]', CALL);",
        "JSON.stringify([1], CALL);",
        "JSON.stringify({ toJSON: CALL });",
        "String({ toString: CALL });",
        "Number({ valueOf: CALL });",
        "`${{ toString: CALL }}`;",
        "({ valueOf: CALL }) + 1;",
        "({ valueOf: CALL }) < 1;",
        "[{ toString: CALL }].join();",
        "({ [{ toString: CALL }]: 1 });",
        "Object.defineProperty({}, 'x', { get: CALL }).x;",
        "Object.defineProperty({}, 'x', { set: CALL }).x = 1;",
        "Object.assign({}, Object.defineProperty({}, 'x', { get: CALL, enumerable: true }));",
        "new (function () { (CALL)(); })();",
        "new Promise(CALL);",
        "Promise.all({ [Symbol.iterator]: CALL });",
        "Promise.all({ [Symbol.iterator]() { return { next: CALL }; } });",
        "Promise.race({ [Symbol.iterator]() { return { next: CALL }; } });",
        "Promise.any({ [Symbol.iterator]() { return { next: CALL }; } });",
        "Promise.allSettled({ [Symbol.iterator]() { return { next: CALL }; } });",
        "new Date({ valueOf: CALL });",
        "new Array({ valueOf: CALL }) + [1, { toString: CALL }];",
        "'x'.repeat({ valueOf: CALL });",
        "[1, 2].slice({ valueOf: CALL });",
        "new Uint8Array({ length: { valueOf: CALL } });",
        "Object.keys(Object.defineProperty([], 'x', { get: CALL }));",
        "[].concat({ get length() { return (CALL)(); }, [Symbol.isConcatSpreadable]: true });",
        "({}) instanceof Object.defineProperty(function () {}, Symbol.hasInstance, { value: CALL });",
        "RegExp.prototype.test.call({ exec: CALL }, 'x');",
        "'x'.replace({ [Symbol.replace]: CALL }, 'y');",
        "'x'.split({ [Symbol.split]: CALL });",
        "Buffer.from({ valueOf: CALL });",
        "Buffer.concat([{ get length() { return (CALL)(); } }]);",
        "console.log({ toString: CALL });",
        "console.log(Object.defineProperty({}, 'x', { get: CALL, enumerable: true }));",
        "encodeURIComponent({ toString: CALL });",
        "parseInt({ toString: CALL });",
        "Math.max({ valueOf: CALL });",
        "isNaN({ valueOf: CALL });",
    ] {
        for call in [
            "() => { for (;;) {} }",
            "function () { try { for (;;) {} } catch (e) {} }",
        ] {
            bodies.push(place.replace("CALL", call));
            bodies.push(format!(
                "for (;;) {{ try {{ {} }} catch (e) {{}} }}",
                place.replace("CALL", call)
            ));
        }
    }
    bodies.push(format!("{endless} {SPLIT}"));
    bodies.push(format!(
        "const handlerLoop = (() => {{ {endless} }})(); {SPLIT}"
    ));
    bodies
}

fn recursion() -> Vec<String> {
    owned(&[
        "return handler(event);",
        "const f = () => f(); f();",
        "const f = () => g(); const g = () => f(); f();",
        "for (;;) { try { (function f() { f(); })(); } catch (e) {} }",
        "(function f() { try { f(); } catch (e) { f(); } })();",
        "(function f() { try { f(); } finally { f(); } })();",
        "const o = { get x() { return this.x; } }; o.x;",
        "const o = { set x(v) { this.x = v; } }; o.x = 1;",
        "const o = { toString() { return String(o); } }; String(o);",
        "const o = { valueOf() { return o + 1; } }; o + 1;",
        "const o = { toJSON() { return JSON.stringify(o); } }; JSON.stringify(o);",
        "const a = []; a.push(a); String(a); a.join(); return { statusCode: 200, a };",
        "const f = () => [1].map(f); f();",
        "const f = () => [2, 1].sort(f); f();",
        "const f = () => 'x'.replace(/x/, f); f();",
        "const f = () => JSON.parse('[1]', f); f();",
        "const f = () => JSON.stringify([1], f); f();",
        "const f = () => new Promise(f); f();",
        "const f = () => [1].reduce(f, [1].reduce(f, 1)); f();",
        "const f = (n) => f(n + 1) + 1; f(0);",
        "let f = () => 1; for (let i = 0; i < 5000; i += 1) { f = f.bind(null); } f();",
        "let f = () => 1; for (let i = 0; i < 5000; i += 1) { const g = f; f = () => g(); } f();",
        "let a = []; for (let i = 0; i < 20000; i += 1) { a = [a]; } String(a);",
        "let a = []; for (let i = 0; i < 20000; i += 1) { a = [a]; } JSON.stringify(a);",
        "let a = []; for (let i = 0; i < 20000; i += 1) { a = [a]; } console.log(a);",
        "let a = {}; for (let i = 0; i < 20000; i += 1) { a = { a }; } return a;",
        "let a = {}; for (let i = 0; i < 20000; i += 1) { a = Object.create(a); } a.missing; 'x' in a;",
        "JSON.parse('['.repeat(50000));",
        "JSON.parse('['.repeat(50000) + ']'.repeat(50000));",
        "JSON.parse('{\"a\":'.repeat(20000) + '1' + '}'.repeat(20000));",
        "new RegExp('('.repeat(10000));",
        "new RegExp('('.repeat(10000) + ')'.repeat(10000));",
        "new RegExp('(?:'.repeat(5000) + 'a' + ')*'.repeat(5000)).test('a');",
        "/(a*)*/.test('a'.repeat(10000)); new RegExp('a|'.repeat(20000)).test('b');",
        "async function f() { await f(); } await f();",
        "async function f() { return f(); } await f();",
        "async function f() { await 0; return f(); } await f();",
        "const f = () => Promise.resolve().then(f); await f();",
        "let p = Promise.resolve(); for (let i = 0; i < 5000; i += 1) { p = Promise.all([p]); } await p;",
        "let p = { then(r) { r(p); } }; await p;",
        "const p = new Promise(r => { setTimeout; r(); }); await p;",
        "const o = {}; Object.defineProperty(o, 'then', { get() { return o.then; } }); await o;",
        "const e = new Error('x'); e.cause = e; e.message = e; throw e;",
        "const o = { [Symbol.toPrimitive]() { return `${o}`; } }; `${o}`;",
        "const f = function () {}; Object.defineProperty(f, Symbol.hasInstance, { value: (x) => x instanceof f }); 1 instanceof f;",
        "function f() { return new f(); } new f();",
        "function f() { return f.call(this); } f();",
        "function f() { return f.apply(this, arguments); } f(1, 2, 3);",
        "const g = Function.prototype.call; g.call(g, g, g, g, g, g, g, g); g.bind(g)(g);",
        "[].concat.apply([], new Array(100000)); Math.max.apply(null, new Array(200000));",
        "String.fromCharCode.apply(null, new Array(300000).fill(65));",
    ])
}

fn regular_expressions() -> Vec<String> {
    let patterns = [
        "(a+)+$",
        "(a|a)*$",
        "(a|aa)+$",
        "(.*)*x",
        "(.*.*.*.*.*.*)x",
        "(a?){30}a{30}",
        "^(([a-z])+.)+[A-Z]([a-z])+$",
        "(a*)*b",
        "(a*?)*b",
        "(?:a{0,1000}){0,1000}b",
        "((a{1,100}){1,100}){1,100}b",
        "(?=(a+))*b",
        "(?=(a+)+$)b",
        "(?<=(a+)+)b",
        "(?<!(a|aa)+)b$",
        "\\\\1(a+)+\\\\1$",
        "(a+)\\\\1+\\\\1+\\\\1+$",
        "(\\\\w+\\\\s?)*!",
        "(x+x+)+y",
        "(a|b|ab)*c",
        "a*a*a*a*a*a*a*a*b",
        "[^b]*[^c]*[^d]*[^e]*z",
        "(?:(?:(?:a+)+)+)+b",
        "a{1,65535}b",
        "(a{1,65535}){1,65535}",
        "([\\\\s\\\\S]*)*\\\\u0000",
    ];
    let uses = [
        "new RegExp(PATTERN).test(SUBJECT);",
        "SUBJECT.match(new RegExp(PATTERN, 'g'));",
        "SUBJECT.replace(new RegExp(PATTERN, 'gi'), 'x');",
        "SUBJECT.split(new RegExp(PATTERN));",
        "for (;;) { try { new RegExp(PATTERN, 'y').exec(SUBJECT); } catch (e) {} }",
    ];
    let mut bodies = Vec::new();
    for pattern in patterns {
        for (number, used) in uses.iter().enumerate() {
            let length = [30, 300, 5000][number % 3];
            bodies.push(
                used.replace("PATTERN", &format!("'{pattern}'"))
                    .replace("SUBJECT", &format!("('a'.repeat({length}) + '!')"))
                    .replace("'x'", "'y'"),
            );
        }
    }
    bodies.extend(owned(&[
        // Between two steps back the matcher goes over all of the text.
        "/(?=(a+))*b/.test('a'.repeat(80000));",
        "/(a{60000})(?:\\1x|\\1y|\\1z|\\1u)/.test('a'.repeat(130000));",
        "new RegExp('a'.repeat(9000) + 'b').test('a'.repeat(100000));",
        // Over all that it has noted.
        "/(?:(a)){30000}b/.test('a'.repeat(60000));",
        "/(?:()()()()()()(a)){8000}b/.test('a'.repeat(60000));",
        "new RegExp('(?='.repeat(100) + '(a+)' + ')'.repeat(100) + 'b').test('a'.repeat(20000));",
        // Between two terms the compiler goes over all of the pattern, or of what it has made of it.
        "new RegExp('|'.repeat(100000));",
        "new RegExp('a|'.repeat(60000));",
        "new RegExp('\\\\k<a>'.repeat(30000) + '(?<a>x)');",
        "new RegExp('(?<=' + 'a'.repeat(100000) + ')');",
        "new RegExp('(?:'.repeat(150) + 'a'.repeat(90000) + ')+'.repeat(150));",
    ]));
    bodies
}

/// Long steps one after the other, without a loop or call between them.
fn straight_lines() -> Vec<String> {
    let families: [(&str, &[&str]); 3] = [
        (
            "let s = '\\u0100'; while (s.length < 200000) { s += s; }
             s = s.slice(0, 200000); const t = s.slice(1) + '\\u0100'; s.charCodeAt(1);",
            &[
                "s == t;",
                "s !== t;",
                "s >= t;",
                "switch (s) { case t: }",
                "+s;",
            ],
        ),
        (
            "let s = 'x'; while (s.length < 200000) { s += s; }
             const t = (s + '\\u0100').slice(0, -1); t.charCodeAt(1);",
            &["s === t;", "s < t;"],
        ),
        (
            "const s = ' '.repeat(800000);",
            &[
                "+s;",
                "s - 1;",
                "s < 1;",
                "parseInt(s);",
                "parseFloat(s);",
                "isNaN(s);",
            ],
        ),
    ];
    let body = |setup: &str, step: &str| format!("{setup} {}", step.repeat(9000 / step.len()));
    let bodies = families
        .iter()
        .flat_map(|(setup, steps)| steps.iter().map(move |step| body(setup, step)));
    bodies.collect()
}

fn huge_lengths() -> Vec<String> {
    let methods = [
        "concat(o)",
        "every(() => true)",
        "filter(() => true)",
        "forEach(() => {})",
        "indexOf(7)",
        "indexOf(undefined)",
        "join()",
        "join('ab')",
        "lastIndexOf(7)",
        "map(x => x)",
        "pop()",
        "push(1)",
        "reduce((a, b) => a, 0)",
        "reduceRight((a, b) => a, 0)",
        "reverse()",
        "shift()",
        "slice()",
        "slice(1)",
        "some(() => false)",
        "sort()",
        "sort(() => 1)",
        "splice(0, 1)",
        "splice(1, 0, 1, 2)",
        "unshift(1)",
        "copyWithin(0, 1)",
        "copyWithin(1, 0)",
        "fill(0)",
        "find(() => false)",
        "findIndex(() => false)",
        "includes(7)",
        "keys()",
        "entries()",
        "toString()",
    ];
    let objects = [
        "const o = { length: 9007199254740991 };",
        "const o = { length: 4294967295, 0: 1, 4294967290: 2 };",
        "const o = []; o.length = 4294967295;",
        "const o = [1, 2, 3]; o[4000000000] = 4;",
        "const o = { get length() { return 1e15; }, 0: 1 };",
    ];
    let mut bodies = Vec::new();
    for method in methods {
        let (name, arguments) = method.split_once('(').unwrap_or((method, ")"));
        for object in objects {
            bodies.push(format!(
                "{object} Array.prototype.{name}.call(o, {arguments};"
            ));
        }
    }
    bodies.extend(owned(&[
        "new Array(4294967295).join('x');",
        "new Array(4294967295).fill(1);",
        "String(new Array(4294967295));",
        "return { statusCode: 200, body: new Array(4294967295) };",
        "JSON.stringify(new Array(4294967295));",
        "JSON.stringify({ length: 1 }, new Array(4294967295));",
        "'x'.repeat(4294967295);",
        "'x'.repeat(268435455);",
        "'x'.padEnd(1073741823);",
        "'x'.padStart(1e9, 'yz');",
        "let s = 'x'; for (let i = 0; i < 29; i += 1) { s += s; } s.length;",
        "let s = 'x'; for (let i = 0; i < 29; i += 1) { s += s; } s[5];",
        "let s = 'x'; for (let i = 0; i < 29; i += 1) { s += s; } s.indexOf('y');",
        "let s = 'x'; for (let i = 0; i < 29; i += 1) { s += s; } event.request.uri = s;",
        "let s = 'x'; for (let i = 0; i < 29; i += 1) { s += s; } console.log(s);",
        "let s = 'x'; for (let i = 0; i < 29; i += 1) { s += s; } ({})[s];",
        "let s = 'x'; for (let i = 0; i < 29; i += 1) { s += s; } s === s + '';",
        "let s = 'x'; for (let i = 0; i < 29; i += 1) { s += s; } JSON.parse(s);",
        "let s = 'x'; for (let i = 0; i < 29; i += 1) { s += s; } new RegExp(s);",
        "let s = 'x'; for (let i = 0; i < 29; i += 1) { s += s; } throw new Error(s);",
        "let s = 'x'; for (let i = 0; i < 29; i += 1) { s += s; } throw s;",
        "new ArrayBuffer(4294967296);",
        "new ArrayBuffer(9007199254740991);",
        "new Uint8Array(2147483647);",
        "new Float64Array(1e15);",
        "new Uint8Array({ length: 9007199254740991 });",
        "Uint8Array.from({ length: 1e9 });",
        "Buffer.alloc(2147483647);",
        "Buffer.alloc(1e15);",
        "Buffer.concat([Buffer.from('x')], 1e12);",
        "Buffer.from({ length: 1e9 });",
        "Buffer.from('x').fill('y', 0, 1e15);",
        "new Uint8Array(100).copyWithin(0, 1e15, -1e15);",
        "new Uint8Array(100).subarray(-1e15, 1e15).slice(1e15);",
        "(1e21).toFixed(100); (123.456).toPrecision(100); (0.1).toString(2);",
        "new Date(1e300); new Date(8.64e15).toString(); Date.UTC(1e300, 1e300);",
        "'a,'.repeat(100000).split(',');",
        "querystring.parse('a&'.repeat(100000)); ",
        "Object.assign({}, 'x'.repeat(100000));",
        "Object.keys('x'.repeat(1000000));",
        "Object.entries(new Array(4294967295));",
        "Object.freeze(new Array(4294967295));",
        "Object.getOwnPropertyDescriptors('x'.repeat(100000));",
        "for (const k in 'x'.repeat(1000000)) {}",
        "Promise.all(new Array(4294967295));",
        "await Promise.all(new Array(1000000));",
        "String.fromCharCode.apply(null, { length: 4294967295 });",
        "Math.max.apply(null, { length: 9007199254740991 });",
        "handler.apply(null, { length: 100000000 });",
        "Function.prototype.apply.call(handler, null, { length: 1e7 });",
    ]));
    bodies
}

/// Callbacks that take away what the engine is working on.
fn shrinking() -> Vec<String> {
    let mut bodies = Vec::new();
    for effect in [
        "a.length = 0;",
        "a.length = 3;",
        "a.push(1, 2, 3, 4);",
        "a.splice(0, 5);",
        "a.shift();",
    ] {
        for used in [
            "a.sort(() => { E return 1; });",
            "a.sort(() => { E return -1; });",
            "a.map(() => { E });",
            "a.forEach(() => { E });",
            "a.filter(() => { E return true; });",
            "a.reduce(() => { E });",
            "a.reduceRight(() => { E });",
            "a.some(() => { E });",
            "a.every(() => { E return true; });",
            "a.find(() => { E });",
            "a.findIndex(() => { E });",
            "a.fill({ valueOf() { E return 0; } }, { valueOf() { E return 1; } });",
            "a.copyWithin({ valueOf() { E return 1; } }, 0);",
            "a.slice({ valueOf() { E return 1; } });",
            "a.splice({ valueOf() { E return 1; } }, 3, 1);",
            "a.indexOf(1, { valueOf() { E return 1; } });",
            "a.includes(1, { valueOf() { E return 1; } });",
            "a.lastIndexOf(1, { valueOf() { E return 5; } });",
            "a.concat({ get length() { E return 2; }, [Symbol.isConcatSpreadable]: true });",
            "a[2] = { toString() { E return 'x'; } }; a.join();",
            "a[2] = { toJSON() { E return 'x'; } }; JSON.stringify(a);",
            "JSON.stringify(a, (k, v) => { E return v; });",
            "Object.defineProperty(a, 1, { get() { E return 1; } }); a.reverse();",
            "Object.defineProperty(a, 1, { get() { E return 1; }, configurable: true }); a.unshift(1);",
            "Object.defineProperty(a, 1, { get() { E return 1; }, configurable: true }); a.concat(a);",
            "a.constructor = { [Symbol.species]: function (n) { E return a; } }; a.map(x => x);",
            "a.constructor = { [Symbol.species]: function (n) { E return a; } }; a.splice(0, 2);",
            "Math.max.apply(null, Object.defineProperty(a, 1, { get() { E return 1; } }));",
        ] {
            let used = used.replace("E ", &format!("{effect} "));
            bodies.push(format!("const a = [5, 4, 3, 2, 1, 0, 9, 8, 7, 6]; {used}"));
        }
    }
    bodies
}

/// What the runtime itself stands on, taken away or replaced.
fn tampered() -> Vec<String> {
    let mut bodies = Vec::new();
    for object in [
        "Object",
        "Array",
        "String",
        "Number",
        "Boolean",
        "Function",
        "RegExp",
        "Date",
        "Promise",
        "Error",
        "TypeError",
        "Symbol",
        "Uint8Array",
        "ArrayBuffer",
        "Buffer",
        "JSON",
        "Math",
        "console",
    ] {
        bodies.push(format!(
            "const o = {object}.prototype || {object}; \
             for (const k of_names(o)) {{}} event.request;"
        )
        .replace("for (const k of_names(o)) {}", "Object.getOwnPropertyNames(o).forEach(k => { try { o[k] = () => { throw new Error(k); }; } catch (e) {} });"));
        bodies.push(format!(
            "const o = {object}.prototype || {object}; \
             Object.getOwnPropertyNames(o).forEach(k => {{ try {{ delete o[k]; }} catch (e) {{}} }});"
        ));
        bodies.push(format!(
            "const o = {object}.prototype || {object}; Object.getOwnPropertyNames(o).forEach(k => {{ \
             try {{ Object.defineProperty(o, k, {{ get() {{ for (;;) {{}} }} }}); }} catch (e) {{}} }});"
        ));
        bodies.push(format!(
            "Object.freeze({object}); Object.freeze({object}.prototype);"
        ));
        bodies.push(format!(
            "globalThis.{object} = null; delete globalThis.{object};"
        ));
        bodies.push(format!(
            "globalThis.{object} = function () {{ for (;;) {{}} }}; new {object}();"
        ));
        bodies.push(format!(
            "Object.setPrototypeOf({object}, null); \
             try {{ Object.setPrototypeOf({object}.prototype, {{ then(r) {{ r(1); }} }}); }} catch (e) {{}} \
             await null;"
        ));
    }
    for name in [
        "then",
        "toJSON",
        "value",
        "get",
        "set",
        "constructor",
        "length",
        "name",
        "message",
        "stack",
        "headers",
        "uri",
        "0",
        "1",
        "done",
        "next",
        "exec",
        "index",
        "lastIndex",
        "statusCode",
    ] {
        bodies.push(format!(
            "Object.defineProperty(Object.prototype, '{name}', {{ get() {{ throw new Error('got'); }}, \
             set() {{ throw new Error('set'); }}, configurable: true }}); await null;"
        ));
        bodies.push(format!(
            "Object.prototype['{name}'] = function () {{ for (;;) {{}} }}; await null;"
        ));
        bodies.push(format!(
            "Array.prototype['{name}'] = event; Object.prototype['{name}'] = 1;"
        ));
    }
    bodies.extend(owned(&[
        "Object.freeze(globalThis); Object.freeze(Object.prototype);",
        "Object.getOwnPropertyNames(globalThis).forEach(k => { try { delete globalThis[k]; } catch (e) {} });",
        "Object.getOwnPropertyNames(globalThis).forEach(k => { try { globalThis[k] = undefined; } catch (e) {} });",
        "Promise.prototype.then = function () { return 1; }; await 1;",
        "Promise.prototype.then = function () { for (;;) {} }; await 1; await Promise.resolve(2);",
        "Promise.prototype.constructor = null; await Promise.resolve(1);",
        "Promise.resolve = null; await Promise.all([1]);",
        "Object.defineProperty(Promise, Symbol.species, { value: null }); await Promise.resolve(1).then(x => x);",
        "Object.prototype[Symbol.toPrimitive] = () => { throw 1; }; `${event}`;",
        "Object.prototype.toString = () => { throw 1; }; console.log(event);",
        "Error.prototype.toString = () => { for (;;) {} }; throw new Error('x');",
        "Error.prototype.name = { toString() { for (;;) {} } }; throw new Error('x');",
        "Error.prepareStackTrace = () => { for (;;) {} }; undefined.x;",
        "Error.stackTraceLimit = Infinity; undefined.x;",
        "Object.defineProperty(Object.prototype, 'prepareStackTrace', { get() { for (;;) {} } }); undefined.x;",
        "Function.prototype.call = Function.prototype.apply = () => { throw 1; }; console.log('x');",
        "String.prototype.replace = RegExp.prototype.exec = () => { throw 1; }; 'x'.split(/x/);",
        "RegExp.prototype[Symbol.replace] = () => { for (;;) {} }; 'x'.replace(/x/, 'y');",
        "JSON.stringify = () => '{}'; JSON.parse = () => null;",
        "globalThis.handler = null; globalThis.undefined = 1;",
        "event.request = null; Object.freeze(event);",
        "delete event.request; event.__proto__ = null; return event;",
        "event.request.__proto__ = { get uri() { for (;;) {} } }; delete event.request.uri;",
        "Object.defineProperty(event.request, 'uri', { get() { for (;;) {} } });",
        "Object.defineProperty(event.request, 'headers', { get() { throw 5; }, enumerable: true });",
        "event.request.toJSON = () => { for (;;) {} };",
        "event.request.toJSON = () => undefined;",
        "event.request.toJSON = () => 'x';",
    ]));
    bodies
}

fn jobs() -> Vec<String> {
    let mut bodies = owned(&[
        "for (;;) { await 0; }",
        "for (;;) { await Promise.resolve(); }",
        "for (;;) { try { await Promise.reject(1); } catch (e) {} }",
        "await new Promise(() => {});",
        "await { then() {} };",
        "await { then() { for (;;) {} } };",
        "await { get then() { for (;;) {} } };",
        "await { then(resolve) { resolve(this); } };",
        "const f = () => { Promise.resolve().then(f); }; f();",
        "const f = () => { Promise.resolve().then(f); Promise.resolve().then(f); }; f(); await new Promise(() => {});",
        "const f = () => Promise.reject(1).catch(f); await f();",
        "const f = () => Promise.resolve().finally(f); await f();",
        "await Promise.race([]);",
        "await Promise.any([]);",
        "await Promise.any([Promise.reject(1)]);",
        "Promise.reject(new Error('unseen'));",
        "Promise.resolve().then(() => { for (;;) {} });",
        "Promise.resolve().then(() => { for (;;) {} }); await 0; await 0;",
        "new Promise((r) => { r(); r(); throw 1; }); throw 2;",
        "async function f() { for (;;) { await f; } } f(); f(); f(); await f();",
        "async function f() { try { await 0; } finally { await f(); } } await f();",
        "const ps = []; for (;;) { ps.push(Promise.resolve(ps)); await 0; }",
        "return new Promise(() => {});",
        "return { then(r) { r(event.request); } };",
        "return { then() { for (;;) {} } };",
        "return Promise.reject(undefined);",
        "return Promise.reject({ toString() { for (;;) {} } });",
    ]);
    for thrown in [
        "undefined",
        "null",
        "1",
        "'x'",
        "Symbol('x')",
        "[]",
        "() => 1",
        "new Date(NaN)",
    ] {
        bodies.push(format!("await Promise.reject({thrown});"));
        bodies.push(format!("throw {thrown};"));
    }
    bodies
}

fn thrown() -> Vec<String> {
    owned(&[
        "throw { toString() { throw 1; } };",
        "throw { toString() { for (;;) {} } };",
        "throw { toString() { return {}; } };",
        "throw Object.create(null);",
        "throw Object.defineProperty(new Error(), 'message', { get() { throw 1; } });",
        "throw Object.defineProperty(new Error(), 'message', { get() { for (;;) {} } });",
        "throw Object.defineProperty(new Error(), 'name', { get() { for (;;) {} } });",
        "const e = new Error('x'.repeat(1000000)); throw e;",
        "const e = new Error(); e.name = 'x'.repeat(500000); throw e;",
        "const e = new TypeError('x'); Object.setPrototypeOf(e, null); throw e;",
        "const e = new Error('x'); e.toString = () => { for (;;) {} }; throw e;",
        "throw new Array(4294967295);",
        "throw new Array(100000).fill('x');",
        "throw handler;",
        "throw event;",
        "const a = []; a.push(a); throw a;",
        "const o = {}; o.o = o; throw o;",
        "try { for (;;) {} } catch (e) { throw new Error('caught'); }",
        "try { for (;;) {} } finally { throw new Error('finally'); }",
        "try { for (;;) {} } finally { return event.request; }",
        "for (;;) { try { for (;;) {} } finally { continue; } }",
        "try { const a = []; for (;;) { a.push(a.slice()); } } finally { return event.request; }",
        "try { 'x'.repeat(1e9); } catch (e) {} return event.request;",
        "try { handler.call(handler, { request: {} }); (function f() { f(); })(); } catch (e) {} return event.request;",
        "eval('1');",
        "new Function('return 1')();",
        "handler.constructor('for (;;) {}')();",
        "(async () => {}).constructor('for (;;) {}')();",
        "Object.getPrototypeOf(async function () {}).constructor('1')();",
        "setTimeout(() => {}, 1);",
        "require('fs');",
        "require({ toString() { for (;;) {} } });",
        "console.log.call(null, null); console.log.apply(1, []); new console.log('x');",
        "Buffer.prototype.toString.call(1); Buffer.call(1); new Buffer(5);",
        "Buffer.from(Buffer.prototype); Buffer.from({ length: -1 });",
        "Uint8Array.prototype.set.call(new Uint8Array(2), { length: 1e9 });",
        "new DataView(new ArrayBuffer(8), 1e15);",
        "new DataView(new ArrayBuffer(8)).setFloat64(1, 1);",
        "Object.getOwnPropertyDescriptor(Uint8Array.prototype, 'x').get.call(1);",
        "Symbol.prototype.toString.call(1); Date.prototype.getTime.call({});",
        "Promise.prototype.then.call({ constructor: null });",
        "RegExp.prototype.exec.call({}, 'x');",
        "String.raw; 'x'.normalize; [].flat;",
    ])
}

fn returned() -> Vec<String> {
    owned(&[
        "return undefined;",
        "return null;",
        "return 1;",
        "return 'x';",
        "return Symbol('x');",
        "return handler;",
        "return [];",
        "return new Array(1000000);",
        "return {};",
        "return event;",
        "const o = {}; o.o = o; return o;",
        "return { get x() { throw new Error('x'); } };",
        "return { get x() { for (;;) {} } };",
        "return { toJSON() { return 'x'.repeat(1000000); } };",
        "return { statusCode: 200, body: 'x'.repeat(1500000) };",
        "return { statusCode: 200, body: '\\u0000'.repeat(300000) };",
        "return { statusCode: 200, body: '\\ud800'.repeat(100000) };",
        "return { statusCode: 1e300 };",
        "return { statusCode: NaN, headers: Infinity };",
        "return { statusCode: 200, headers: new Array(100000).fill({ value: 'x' }) };",
        "return new Date(NaN);",
        "return new Error('x');",
        "return new Uint8Array(100000);",
        "return Buffer.alloc(100000);",
        "return Promise;",
        "return globalThis;",
        "return Object.create({ statusCode: 200 });",
        "return new String('x');",
        "event.request.uri = '\\ud83d'; return event.request;",
        "event.request.uri = { toString() { for (;;) {} } }; return event.request;",
        "event.request.headers = 'x'.repeat(100000); return event.request;",
        "const o = {}; for (let i = 0; i < 20000; i += 1) { o['h' + i] = { value: '' }; } event.request.headers = o;",
    ])
}

/// Steps of the engine's that take as long as they can, over and over.
fn long_steps() -> Vec<String> {
    let families: [(&str, &[&str]); 11] = [
        (
            "const u = new Uint8Array(400000); for (let i = 0; i < 700; i += 7) { u[i] = i / 7; }",
            &[
                "u.sort();",
                "u.fill(1);",
                "u.reverse();",
                "u.lastIndexOf(253);",
                "u.join('');",
                "u.copyWithin(1, 0);",
                "new Int16Array(u);",
                "Array.prototype.reverse.call(u);",
                "Array.prototype.fill.call(u, 1);",
                "Array.prototype.join.call(u);",
            ],
        ),
        (
            "const u = new Uint8Array(300000); let q = 1;
             for (let i = 0; i < 3000; i += 1) { q = (q * 48271) % 2147483647; u[i] = q; }
             for (let n = 3000; n < 300000; n *= 2) { u.copyWithin(n, 0, n); } const w = u.slice();",
            &["u.sort();", "w.set(u); w.sort();", "u.reverse();"],
        ),
        (
            "const u = new Float64Array(65536); let q = 1;
             for (let i = 0; i < 2048; i += 1) { q = (q * 48271) % 2147483647; u[i] = q; }
             for (let n = 2048; n < 65536; n *= 2) { u.copyWithin(n, 0, n); } const w = u.slice();",
            &[
                "u.sort();",
                "w.set(u); w.sort();",
                "u.fill(1);",
                "u.includes(0.5);",
                "u.indexOf(0.5);",
                "u.lastIndexOf(0.5);",
                "u.toString();",
                "u.set(u.subarray(1));",
                "Array.prototype.reverse.call(u);",
                "Array.prototype.fill.call(u, 1);",
            ],
        ),
        ("const s = 'x'.repeat(500000); const t = s + 'z';", TEXTS),
        (
            "const s = '\\u0178'.repeat(200000); const t = s + 'z';",
            TEXTS,
        ),
        (
            "let s = 'x'; let t = 'x'; for (let i = 0; i < 18; i += 1) { s += s; t += t; }",
            TEXTS,
        ),
        (
            "const s = 'a'.repeat(4096); const t = 'a'.repeat(4095) + 'b';",
            &[
                "s.indexOf(t);",
                "s.lastIndexOf(t);",
                "s.includes(t);",
                "s.split(t);",
                "s.replace(t, '');",
                "s.replaceAll(t, '');",
            ],
        ),
        (
            "let s = '\\u0100'; while (s.length < 200000) { s += s; }
             const t = s.slice(1) + 'y'; const a = new Array(20000).fill(s);",
            &[
                "a.sort();",
                "a.includes(t);",
                "a.indexOf(t);",
                "a.lastIndexOf(t);",
            ],
        ),
        (
            "const a = new Array(60000).fill(1);
             const o = {}; for (let i = 0; i < 8000; i += 1) { o['k' + i] = i; }",
            &[
                "JSON.stringify({}, a);",
                "JSON.stringify(a);",
                "a.fill(0);",
                "a.indexOf(-1);",
                "a.includes(-1);",
                "a.lastIndexOf(-1);",
                "a.splice(1, 0, 1); a.pop();",
                "a.unshift(1); a.pop();",
                "a.copyWithin(0, 1);",
                "a.join('');",
                "Object.getOwnPropertySymbols(o);",
            ],
        ),
        ("const a = []; a.length = 2 ** 18;", LENGTHS),
        (
            "const a = Object.setPrototypeOf({ length: 2 ** 18 }, Array.prototype);",
            LENGTHS,
        ),
    ];
    let imports = "import querystring from 'querystring';\n";
    let body = |setup: &str, step: &str| {
        format!("{imports}{SPLIT}{setup} for (;;) {{ try {{ {step} }} catch (e) {{}} }}")
    };
    let bodies = families
        .iter()
        .flat_map(|(setup, steps)| steps.iter().map(move |step| body(setup, step)));
    bodies.collect()
}

/// Memory that is used up at one place or another while an object grows.
fn refusals() -> Vec<String> {
    let taken = (0..1_500_000).step_by(25_000);
    let body = |bytes| {
        format!("const k = new Uint8Array({bytes}); Object.assign({{}}, 'x'.repeat(100000));")
    };
    taken.map(body).collect()
}

/// Steps that go over a long text.
const TEXTS: &[&str] = &[
    "s < t;",
    "s === s + '';",
    "+s;",
    "s.startsWith(s);",
    "s.endsWith(t);",
    "s.indexOf('y');",
    "s.indexOf('xy');",
    "s.lastIndexOf('xy');",
    "s.includes('y');",
    "s.split('y');",
    "s.replace('y', '');",
    "s.replaceAll('x', '');",
    "s.search('y');",
    "parseInt(s);",
    "Date.parse(s);",
    "encodeURIComponent(s);",
    "decodeURIComponent(s);",
    "querystring.parse(s);",
    "querystring.unescape(s);",
    "querystring.stringify({ a: s });",
];

/// Steps that go over elements that are not there.
const LENGTHS: &[&str] = &[
    "a.concat(a);",
    "a.copyWithin(0, 1);",
    "a.join('');",
    "a.reverse();",
    "a.shift(); a.push(1);",
    "a.slice();",
    "a.sort();",
    "a.splice(0, 1); a.push(1);",
    "a.splice(1, 0, 1); a.pop();",
    "a.unshift(1); a.pop();",
    "JSON.stringify({}, a);",
];
