use std::ptr;
use std::time::Duration;

use rquickjs_sys as js;
use rquickjs_sys::JSValue;
use serde::Serialize;

use super::image::Image;
use super::interpreter::Interpreter;
use super::lazy::Given;
use super::native::Native;
use super::value::{call, discard_exception, read_string};
use super::write::Writer;
use crate::json::Borrowed;

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ended<'a, Unseen> {
    /// The handler gave back plain data.
    Data(Borrowed<'a, Unseen>),
    /// The handler gave back another object: its JSON.
    Json(String),
    /// The handler gave back something else.
    NotAnObject,
    /// Something was thrown: its text, and where.
    Thrown {
        /// As the runtime prints it.
        text: String,
        /// The line and the column in the program, if they are known.
        position: Option<(u32, u32)>,
    },
    /// There is no function `handler`.
    NoHandler,
    /// The handler's promise was not settled when nothing was left to do.
    NeverSettled,
    /// The run used up its time.
    Late,
    /// The run used up its memory.
    Exhausted,
    /// The engine itself failed.
    Failed(&'static str),
}

/// How a run ended whose handler was given a `G`.
pub(crate) type EndedWith<'a, G> = Ended<'a, <G as Given>::Unseen<'a>>;

impl Interpreter {
    /// Runs the program's body, then its handler with an event, and all that they leave to do until the handler's promise is
    /// settled. With it comes the processor time that it took.
    pub(crate) fn run<'a, G: Given>(
        &'a mut self,
        image: &Image,
        event: &'a G,
        native: &mut dyn Native,
        time: Duration,
    ) -> (EndedWith<'a, G>, Duration) {
        let began = self.stopwatch.begin();
        self.restore(image);
        self.arena.meter().allow(began.processor, time);
        // SAFETY: the engine is in the state that was saved, in which the image's values are live; the link is cleared
        // before the borrows of `native` and of the event end.
        let ended = unsafe {
            self.link.set(native);
            self.link.give(event);
            js::JS_UpdateStackTop(self.runtime);
            self.run_from_the_image(image, event)
        };
        self.link.clear();
        let took = self.stopwatch.since(&began);
        let meter = self.arena.meter();
        // Whatever the function caught, and whatever it made of it.
        let ended = if meter.exhausted {
            Ended::Exhausted
        } else if meter.late || took > time {
            Ended::Late
        } else {
            ended
        };
        (ended, took)
    }

    /// # Safety
    ///
    /// The arena was just restored, and the link is set.
    unsafe fn run_from_the_image<'a, G: Given>(
        &mut self,
        image: &Image,
        event: &'a G,
    ) -> EndedWith<'a, G> {
        let context = self.context;
        // SAFETY: all values are of the image or made here; `JS_EvalFunction` takes a reference of its own to each script.
        unsafe {
            let handler = js::JS_EvalFunction(context, js::JS_DupValue(context, image.program));
            if js::JS_IsException(handler) {
                return self.thrown();
            }
            if !js::JS_IsFunction(context, handler) {
                return Ended::NoHandler;
            }
            let writer = Writer::new(context, Some(self.values.lazy));
            let Ok(argument) = event.whole().serialize(writer) else {
                return self.thrown();
            };
            let result = call(context, self.values.start, &[handler, argument]);
            if js::JS_IsException(result) {
                return self.thrown();
            }
            match self.settled(result) {
                Ok(value) => self.finished(value, event),
                Err(ended) => ended,
            }
        }
    }

    /// The value of a promise once it is fulfilled, and of anything else itself. What is left to do afterwards is
    /// never done.
    unsafe fn settled<'a, K>(&mut self, result: JSValue) -> Result<JSValue, Ended<'a, K>> {
        // SAFETY: `result` is a live value; jobs run in the context that queued them.
        unsafe {
            if !js::JS_IsPromise(result) {
                return Ok(result);
            }
            loop {
                match js::JS_PromiseState(self.context, result) {
                    js::JSPromiseStateEnum_JS_PROMISE_FULFILLED => {
                        return Ok(js::JS_PromiseResult(self.context, result));
                    }
                    js::JSPromiseStateEnum_JS_PROMISE_REJECTED => {
                        let reason = js::JS_PromiseResult(self.context, result);
                        return Err(self.described(reason));
                    }
                    _ => {}
                }
                if self.arena.meter().is_late() {
                    return Err(Ended::Late);
                }
                let mut context = ptr::null_mut();
                match js::JS_ExecutePendingJob(self.runtime, &raw mut context) {
                    0 => return Err(Ended::NeverSettled),
                    1.. => {}
                    // A job that throws, as no job of a promise does unless it was interrupted.
                    _ => return Err(self.thrown()),
                }
            }
        }
    }

    unsafe fn finished<'a, G: Given>(&mut self, value: JSValue, event: &'a G) -> EndedWith<'a, G> {
        // SAFETY: `value` is a live value.
        unsafe {
            if let Some(data) = self.values.reader.read(value, event) {
                return Ended::Data(data);
            }
            let json = call(self.context, self.values.finish, &[value]);
            if js::JS_IsException(json) {
                return self.thrown();
            }
            read_string(self.context, json).map_or(Ended::NotAnObject, Ended::Json)
        }
    }

    /// What was thrown.
    unsafe fn thrown<'a, K>(&mut self) -> Ended<'a, K> {
        // SAFETY: the exception is taken from the context, which leaves none behind.
        unsafe {
            let exception = js::JS_GetException(self.context);
            self.described(exception)
        }
    }

    /// The text of a thrown value, and where it was thrown: `describe` gives back both in an array.
    unsafe fn described<'a, K>(&mut self, thrown: JSValue) -> Ended<'a, K> {
        // SAFETY: `thrown` is a live value, and the array is the prelude's own.
        unsafe {
            let described = call(self.context, self.values.describe, &[thrown]);
            if js::JS_IsException(described) {
                discard_exception(self.context);
                return Ended::Failed("the error could not be described");
            }
            let number = |place| {
                let value = js::JS_GetPropertyUint32(self.context, described, place);
                let mut number = 0;
                (js::JS_IsNumber(value)
                    && js::JS_ToInt32(self.context, &raw mut number, value) == 0)
                    .then(|| u32::try_from(number).ok())
                    .flatten()
            };
            let text = js::JS_GetPropertyUint32(self.context, described, 0);
            match read_string(self.context, text) {
                Some(text) => Ended::Thrown {
                    text,
                    position: number(1).zip(number(2)),
                },
                None => Ended::Failed("the error has no description"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::super::testing::{AMPLE, Greeting, Programs};
    use super::*;
    use crate::json;

    fn data(json: &str) -> Ended<'_, Infallible> {
        Ended::Data(json::read(json).unwrap())
    }

    #[test]
    fn the_handler_is_found_however_it_is_declared() {
        for source in [
            "function handler() { return []; }",
            "const handler = () => [] // without an end",
            "let handler; handler = function () { return []; }",
            "var handler = () => []; if (handler) handler\n/* at the end */",
            "globalThis.handler = () => [];",
            "globalThis.handler = 1; const handler = () => [];",
        ] {
            assert_eq!(
                Programs::new(&[source]).run(0, "null"),
                data("[]"),
                "{source}"
            );
        }
    }

    #[test]
    fn data_is_read_as_json_has_it() {
        for (value, is_plain) in [
            (
                "{ a: 1, b: -0.5, c: -0, d: 1 / 0, e: 0 / 0, f: 1e300 }",
                true,
            ),
            (
                "{ 2: 'x', b: undefined, 1: [undefined, null], a: true }",
                true,
            ),
            ("{ 'ä€😀': 'ä€😀', '\\ud800': 'a\\udc00', '': '' }", true),
            ("[[], {}, [[['deep']]], [false]]", true),
            ("Object.create({ inherited: 1 })", true),
            ("Object.defineProperty({}, 'hidden', { value: 1 })", true),
            ("JSON.parse('{\"__proto__\":1}')", true),
            ("event", true),
            ("{ f() {} }", false),
            ("{ s: Symbol() }", false),
            ("[,]", false),
            ("{ get a() { event.seen = true; return event; } }", false),
            ("{ toJSON() { return { a: 1 }; } }", false),
            ("{ a: { toJSON: 1 } }", false),
            ("new Date(0)", false),
            ("{ a: new String('a'), b: new Number(1) }", false),
            ("new Uint8Array(3)", false),
            (
                "[/a/, new DataView(new ArrayBuffer(1)), new Error('e')]",
                false,
            ),
            ("Array(5000).fill(0)", false),
            ("Array(60).fill().reduce((inner) => [inner], 1)", false),
        ] {
            let by_engine = format!("function handler(event) {{ return [{value}]; }}");
            let by_json = format!(
                "function handler(event) {{ const value = [{value}]; return {{ toJSON() {{ return value; }} }}; }}"
            );
            let mut programs = Programs::new(&[&by_engine, &by_json]);
            let event = r#"{"a":[{"b":"\u20ac"},1],"1":{"c":null,"ä":true}}"#;
            let Ended::Json(json) = programs.run(1, event) else {
                panic!("{value} has no JSON");
            };
            match programs.run(0, event) {
                Ended::Data(data) if is_plain => {
                    assert_eq!(
                        data,
                        json::read(&json::without_lone_surrogates(&json)).unwrap(),
                        "{value}"
                    )
                }
                Ended::Json(other) if !is_plain => assert_eq!(other, json, "{value}"),
                other => panic!("{value}: {other:?}"),
            }
        }
    }

    #[test]
    fn data_that_refers_to_one_text_over_and_over_is_bounded() {
        for (text, expected) in [
            ("'x'.repeat(1000)", "data"),
            ("'x'.repeat(5000)", "json"),
            ("'x'.repeat(1000000)", "exhausted"),
            ("'\\ud800'.repeat(500000)", "exhausted"),
        ] {
            let source = format!(
                "function handler() {{ const text = {text}; const all = [];
                     for (let i = 0; i < 100; i += 1) {{ all.push(text); }} return all; }}"
            );
            let ended = match Programs::new(&[&source]).run(0, "null") {
                Ended::Data(_) => "data",
                Ended::Json(_) => "json",
                Ended::Exhausted => "exhausted",
                other => panic!("{text}: {other:?}"),
            };
            assert_eq!(ended, expected, "{text}");
        }
    }

    #[test]
    fn data_that_refers_to_itself_is_bounded() {
        let mut programs = Programs::new(&[
            "function handler() { let a = ['x']; for (let i = 0; i < 40; i += 1) { a = [a, a]; } return a; }",
            "function handler() { const a = {}; a.a = a; return a; }",
        ]);
        let endless = programs.run(0, "null");
        assert!(matches!(endless, Ended::Exhausted | Ended::Late));
        let circular = programs.run(1, "null");
        assert!(
            matches!(&circular, Ended::Thrown { text, .. } if text.contains("circular")),
            "{circular:?}"
        );
    }

    #[test]
    fn a_run_leaves_nothing_to_the_next() {
        let mut programs = Programs::new(&[
            "let calls = 0;
             const handler = async (event) => {
                 calls += 1;
                 Array.prototype.calls = (Array.prototype.calls || 0) + 1;
                 globalThis.seen = (globalThis.seen || '') + event.name;
                 await null;
                 return { calls, array: [].calls, seen: globalThis.seen, hello: greeting.get(event.name) };
             };",
        ]);
        let before = programs.counted(0);
        for name in ["ada", "bob", "eve"] {
            let expected =
                format!(r#"{{"calls":1,"array":1,"seen":"{name}","hello":"hello {name}"}}"#);
            let event = format!(r#"{{"name":"{name}"}}"#);
            assert_eq!(programs.run(0, &event), data(&expected));
        }
        assert_eq!(programs.counted(0), before);
    }

    #[test]
    fn programs_of_one_interpreter_see_nothing_of_each_other() {
        let mut programs = Programs::new(&[
            "var mine = 1; Object.prototype.left = 'a'; let many = [];
             const handler = () => { for (let i = 0; i < 8000; i += 1) { many.push({}); } return [typeof yours, {}.left]; };",
            "var yours = 2; const handler = () => [typeof mine, {}.left === undefined];",
            "const handler = () => { Array.prototype.left = 3; return [typeof mine, typeof yours, {}.left === undefined]; };",
        ]);
        let expected = [
            "[\"undefined\",\"a\"]",
            "[\"undefined\",true]",
            "[\"undefined\",\"undefined\",true]",
        ];
        let counted: Vec<_> = (0..3).map(|which| programs.counted(which)).collect();
        for which in [0, 1, 2, 2, 1, 0, 0, 2, 0, 1, 1] {
            assert_eq!(programs.run(which, "null"), data(expected[which]));
            assert_eq!(programs.counted(which), counted[which]);
        }
    }

    #[test]
    fn native_functions_take_and_give_values() {
        let mut programs = Programs::new(&[
            "function handler() {
                 const bytes = greeting.get(new Uint8Array([1, 2, 3]).buffer);
                 return [greeting.get('a\\ud800b'), Array.from(new Uint8Array(bytes)), greeting.get(3),
                         greeting.get(null) === undefined, greeting.get(new ArrayBuffer(0)).byteLength];
             }",
        ]);
        let mut native = Greeting(Vec::new());
        assert_eq!(
            programs.run_with(0, "null", &mut native, AMPLE),
            data("[\"hello a\u{FFFD}b\",[3,2,1],{\"half\":1.5},true,0]")
        );
        assert!(native.0.iter().all(|call| call.starts_with("1 ")));
    }

    #[test]
    fn parts_are_loaded_on_demand() {
        let mut programs = Programs::new(&["function handler() {
                 let missing;
                 try { greeting.load('none'); } catch (e) { missing = String(e); }
                 return [greeting.load('late')(41), missing];
             }"]);
        for _ in 0..3 {
            assert_eq!(
                programs.run(0, "null"),
                data("[42,\"InternalError: there is no such part\"]")
            );
        }
    }

    #[test]
    fn a_panic_becomes_an_error() {
        let mut programs = Programs::new(&["function handler() { return greeting.get('panic'); }"]);
        // A panic prints its trace first.
        assert_eq!(
            programs.run_with(0, "null", &mut Greeting(Vec::new()), AMPLE),
            Ended::Thrown {
                text: "InternalError: a native function failed".to_owned(),
                position: Some((7, 9))
            }
        );
    }

    #[test]
    fn runs_end_within_their_bounds() {
        for (source, expected) in [
            ("function handler() { for (;;) {} }", Ended::Late),
            (
                "function handler() { for (;;) { try { for (;;) {} } catch (e) {} } }",
                Ended::Late,
            ),
            (
                "async function handler() { for (;;) { await 0; } }",
                Ended::Late,
            ),
            (
                "function handler() {
                     const endless = { [Symbol.iterator]() { return { next() { for (;;) {} } }; } };
                     for (;;) { try { Promise.all(endless); } catch (e) {} }
                 }",
                Ended::Late,
            ),
            (
                "function handler() { const a = []; for (;;) { a.push([1]); } }",
                Ended::Exhausted,
            ),
            (
                "function handler() { try { 'x'.repeat(1e7); } catch (e) {} return {}; }",
                Ended::Exhausted,
            ),
            (
                "function handler() { return new Promise(() => {}); }",
                Ended::NeverSettled,
            ),
            ("function handler() { return 1; }", Ended::NotAnObject),
            ("const handled = 1;", Ended::NoHandler),
            (
                "function handler() { return handler(); }",
                Ended::Thrown {
                    text: "RangeError: Maximum call stack size exceeded".to_owned(),
                    position: Some((7, 9)),
                },
            ),
        ] {
            let time = match expected {
                Ended::Late => Duration::from_millis(50),
                _ => AMPLE,
            };
            let mut programs = Programs::new(&[source]);
            for _ in 0..3 {
                let ended = programs.run_with(0, "null", &mut Greeting(Vec::new()), time);
                assert_eq!(ended, expected, "{source}");
            }
        }
    }
}
