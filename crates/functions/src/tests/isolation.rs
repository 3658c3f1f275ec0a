//! What counts as isolated: whatever one run does to what it finds, no later run sees it.

use std::sync::Arc;

use keyfront_model::FunctionRuntime;

use super::input;
use crate::{Isolation, Program, Run, Runtime, Settings};

/// What a program may do to its surroundings, each in a run of its own.
const MUTATIONS: &[&str] = &[
    // Globals.
    "globalThis.added = 1;",
    "delete globalThis.JSON;",
    "globalThis.undefinedBefore = handler;",
    "Object.defineProperty(globalThis, 'trap', { get() { throw 1; }, enumerable: true });",
    "Object.freeze(globalThis);",
    "Math = null;",
    "console = { log() {} };",
    // Prototypes.
    "Object.prototype.polluted = 1;",
    "Array.prototype[1] = 'x';",
    "String.prototype.trim = () => 'replaced';",
    "Object.setPrototypeOf(Array.prototype, { inherited: 1 });",
    "Object.defineProperty(Object.prototype, 'toString', { value: () => 'changed' });",
    "delete Array.prototype.map;",
    "Promise.prototype.then = null;",
    "Function.prototype.call = null;",
    "Error.prototype.name = 'Changed';",
    // Built-ins.
    "Object.keys = () => [];",
    "JSON.parse = () => 5;",
    "JSON.stringify = () => '5';",
    "Math.random = () => 5;",
    "Date.now = () => 5;",
    "Buffer.from = null;",
    "Symbol.for('shared').description; Symbol.for('other');",
    "Array.isArray.extra = 1;",
    "Uint8Array.prototype.fill.call(bytes, 9);",
    // The program's own state.
    "counter += 1;",
    "list.push(1, 2, 3);",
    "object.member = { deep: object };",
    "found = 'yes';",
    "pattern.exec('aaa');",
    "pattern.lastIndex = 7; pattern.extra = 1;",
    "handler.called = true;",
    "map.x = Symbol('x');",
    // Modules, and what they give out.
    "crypto.createHash = null;",
    "querystring.parse = () => 5; querystring.extra = 1;",
    "cf.kvs = null;",
    "cf.extra = 1;",
    "require('buffer').extra = 1;",
    "kept = crypto.createHash('md5').update('x');",
    // Jobs that are left, and errors that were made.
    "Promise.resolve().then(() => {}).then(() => {}).then(() => { globalThis.late = 1; });",
    "new Promise(() => {}); Promise.reject(new Error('unseen'));",
    "try { undefined.x; } catch (e) { e.kept = 1; globalThis.lastError = e; }",
    "try { new RegExp('('); } catch (e) {}",
    "throw new Error('thrown');",
    "for (;;) {}",
    "const a = []; for (;;) { a.push(a.slice()); }",
    "(function f() { f(); })();",
];

/// What a program can see of its surroundings.
const LOOK: &str = "
    const names = (o) => Object.getOwnPropertyNames(o).map((k) => {
        const d = Object.getOwnPropertyDescriptor(o, k);
        return k + (d.get ? 'g' : typeof d.value) + d.writable + d.enumerable + d.configurable;
    }).join();
    const text = JSON.stringify({
        globals: names(globalThis),
        prototypes: [Object, Array, String, Function, Promise, Error, RegExp, Date, Uint8Array, Buffer]
            .map((c) => names(c) + names(c.prototype)).join('|'),
        parents: [Object.getPrototypeOf(Array.prototype) === Object.prototype, Object.isFrozen(globalThis)],
        builtIns: [names(JSON), names(Math), names(console), ' x '.trim(), [3].map((x) => x + 1),
            Object.keys({ a: 1 }), JSON.parse('1'), String({}), typeof Date.now(), Math.random(), Date.now()],
        own: [counter, list, object, found, pattern.lastIndex, Object.keys(pattern), Object.keys(handler),
            Object.getOwnPropertyNames(map), Array.from ? 1 : bytes.join(), kept],
        modules: [names(crypto), names(querystring), names(cf), names(require('buffer')),
            querystring.parse('a=1')],
    });
    // All of it is longer than logs may be.
    console.log(crypto.createHash('md5').update(text).digest('hex'));
    console.log(text.slice(-2000));
";

fn program(mutation: &str) -> Arc<Program> {
    let source = format!(
        "import cf from 'cloudfront';
         import crypto from 'crypto';
         import querystring from 'querystring';
         let counter = 0;
         const list = [];
         const object = {{}};
         var found = 'no';
         const pattern = /a/g;
         const map = {{}};
         const bytes = new Uint8Array(4);
         let kept = null;
         function handler(event) {{
             if (event.request.uri === '/mutate') {{ {mutation} return event.request; }}
             {LOOK}
             return event.request;
         }}"
    );
    let program = Program::new(FunctionRuntime::Js2, source.as_bytes());
    assert_eq!(program.broken(), None, "{mutation}");
    program
}

fn seen(runtime: &mut Runtime, program: &Arc<Program>) -> Vec<String> {
    let Run { result, logs, .. } = runtime.run(program, &input("/look")).unwrap();
    result.unwrap();
    logs
}

#[test]
fn no_run_sees_what_an_earlier_one_has_done() {
    for isolation in [Isolation::Image, Isolation::Fresh] {
        let mut runtime = Runtime::new(Settings {
            isolation,
            ..Settings::default()
        });
        for mutation in MUTATIONS {
            let program = program(mutation);
            let before = seen(&mut runtime, &program);
            for _ in 0..12 {
                // Whether the run fails is the mutation's affair.
                let _ = runtime.run(&program, &input("/mutate")).unwrap();
                assert_eq!(
                    seen(&mut runtime, &program),
                    before,
                    "{isolation:?}: {mutation}"
                );
                if isolation == Isolation::Fresh {
                    break;
                }
            }
        }
    }
}

#[test]
fn both_ways_show_a_program_the_same() {
    let program = program("");
    let looks = [Isolation::Image, Isolation::Fresh].map(|isolation| {
        let mut runtime = Runtime::new(Settings {
            isolation,
            ..Settings::default()
        });
        seen(&mut runtime, &program)
    });
    assert_eq!(looks[0], looks[1]);
}
