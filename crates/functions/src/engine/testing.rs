//! Programs that run with a prelude as small as can be, for the engine's own tests.

use std::convert::Infallible;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::compile::compile;
use super::execute::{Ended, EndedWith};
use super::image::Image;
use super::interpreter::{HANDLER, Interpreter, Prelude, Script};
use super::lazy::{Given, Lazy};
use super::native::{Argument, Native, Reply};

const PRELUDE: &str = "(function (host, internal) {
    const toText = String;
    internal.bindImport = function (name, module) { globalThis[name] = { module, get: host.get, load: host.load }; };
    internal.prepare = function () {};
    internal.start = function (handler, event) { return handler(event); };
    internal.finish = function (value) {
        return typeof value === 'object' && value !== null ? JSON.stringify(value) : undefined;
    };
    internal.describe = function (thrown) { return [toText(thrown), 7, 9]; };
})";

/// The host's functions, which keep what they are called with.
pub(super) struct Greeting(pub(super) Vec<String>);

impl Native for Greeting {
    fn call(&mut self, function: usize, arguments: &[Argument<'_>]) -> Reply<'_> {
        self.0.push(format!("{function} {arguments:?}"));
        match arguments {
            [Argument::Text(text)] if &**text == "panic" => panic!("as asked"),
            [Argument::Text(text)] => Reply::Text(format!("hello {}", &**text).into()),
            [Argument::Bytes(bytes)] => Reply::Bytes(bytes.iter().rev().copied().collect()),
            [Argument::Number(number)] => {
                Reply::Object(vec![(c"half", Reply::Number(number / 2.0))])
            }
            _ => Reply::Nothing,
        }
    }
}

const MEMORY: usize = 2 << 20;
/// Time that no run uses up, with a sanitizer either, which makes every run slow.
pub(super) const AMPLE: Duration = Duration::from_secs(30);

/// An interpreter, and programs in it.
pub(super) struct Programs {
    pub(super) interpreter: Interpreter,
    images: Vec<Image>,
    /// What the last run was given, of which what came back may be a part.
    event: Plain,
}

impl Programs {
    pub(super) fn new(sources: &[&str]) -> Self {
        let late = compile(c"late", "(function (x) { return x + 1; })").unwrap();
        let prelude = Prelude {
            parts: &[compile(c"prelude", PRELUDE).unwrap()],
            on_demand: &[(c"late", late)],
            natives: &[c"other", c"get"],
        };
        let mut native = Greeting(Vec::new());
        let mut interpreter = Interpreter::build(&prelude, &mut native, MEMORY).unwrap();
        let mut image = |source: &&str| {
            let script = Script {
                program: &compile(c"function", &format!("{source}{HANDLER}")).unwrap(),
                imports: &[("greeting".to_owned(), "m".to_owned())],
            };
            interpreter.image(&script, &mut native).unwrap()
        };
        let images = sources.iter().map(&mut image).collect();
        Self {
            interpreter,
            images,
            event: Plain(Value::Null),
        }
    }

    pub(super) fn run(&mut self, which: usize, event: &str) -> Ended<'_, Infallible> {
        self.run_with(which, event, &mut Greeting(Vec::new()), AMPLE)
    }

    pub(super) fn run_with(
        &mut self,
        which: usize,
        event: &str,
        native: &mut Greeting,
        time: Duration,
    ) -> Ended<'_, Infallible> {
        self.event = Plain(serde_json::from_str(event).unwrap());
        let image = &self.images[which];
        self.interpreter.run(image, &self.event, native, time).0
    }

    pub(super) fn run_given<'a, G: Given>(
        &'a mut self,
        which: usize,
        given: &'a G,
        native: &mut Greeting,
        time: Duration,
    ) -> EndedWith<'a, G> {
        self.interpreter
            .run(&self.images[which], given, native, time)
            .0
    }

    pub(super) fn counted(&mut self, which: usize) -> usize {
        self.interpreter.restore(&self.images[which]);
        self.interpreter.counted()
    }
}

/// Data without lazy objects.
struct Plain(Value);

impl Given for Plain {
    type Unseen<'a> = Infallible;

    fn whole(&self) -> impl Serialize {
        &self.0
    }

    fn object(&self, _: Lazy) -> impl Serialize {
        Value::Null
    }

    fn unseen(&self, _: Lazy) -> Option<Infallible> {
        None
    }
}
