use std::ffi::CStr;
use std::ptr;
use std::time::Duration;

use rquickjs_sys as js;
use rquickjs_sys::{JSContext, JSRuntime, JSValue};

use super::arena::{Arena, Saved};
use super::brake::Brake;
use super::clock::thread_cpu_time;
use super::compile::{Bytecode, STACK_BYTES, read_script};
use super::native::{Link, Native, host_object};
use super::value::{call, discard_exception, member, new_string, read_string};

/// What an image is built from.
pub(crate) struct Script<'a> {
    /// The prelude: scripts each of which is a function of the host's functions and of an object that they share.
    pub(crate) prelude: &'a [Bytecode],
    /// Parts of the prelude that are left out, which `host.load` gives by name.
    pub(crate) on_demand: &'a [(&'static CStr, Bytecode)],
    /// The names of the host's functions.
    pub(crate) natives: &'a [&'a CStr],
    /// The program, which is run anew in each run.
    pub(crate) program: &'a Bytecode,
    /// A script whose value is the handler, or undefined.
    pub(crate) lookup: &'a Bytecode,
    /// The modules that the program imports: under which name, and which.
    pub(crate) imports: &'a [(String, String)],
}

/// How much a run may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Bytes of memory above what the image holds.
    pub(crate) memory: usize,
    /// Processor time of the thread.
    pub(crate) time: Duration,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The handler gave back an object: as JSON.
    Value(String),
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

/// Why no image could be built.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImageError {
    /// The system has no memory for it.
    #[error("no memory for a function's image: {0}")]
    Memory(#[from] std::io::Error),
    /// The engine or the prelude failed.
    #[error("the engine failed: {0}")]
    Engine(String),
}

/// A program ready to run, and a copy of all its memory from which each run starts. It belongs to the thread that built it.
pub(crate) struct Image {
    arena: Arena,
    saved: Saved,
    runtime: *mut JSRuntime,
    context: *mut JSContext,
    link: Box<Link>,
    /// The runtime has its address.
    _brake: Box<Brake>,
    values: Values,
}

/// Values that are in the image, so that they are the same in each run.
#[derive(Clone, Copy)]
struct Values {
    /// The program's body.
    program: JSValue,
    /// A script whose value is `handler`, or undefined.
    handler: JSValue,
    /// The prelude's part of a run: see `prelude/run.js`.
    start: JSValue,
    finish: JSValue,
    describe: JSValue,
}

/// The most that an image may hold: some ten times what the prelude and the longest program need.
const MAX_IMAGE_BYTES: usize = 8 << 20;

/// The most processor time that building may take.
const BUILD_TIME: Duration = Duration::from_secs(5);

impl Image {
    /// Builds the image of a program: its prelude runs, the program does not.
    pub(crate) fn build(
        script: &Script<'_>,
        native: &mut dyn Native,
        bounds: Bounds,
    ) -> Result<Self, ImageError> {
        let mut arena = Arena::new(MAX_IMAGE_BYTES + bounds.memory)?;
        arena.meter().deadline = thread_cpu_time() + BUILD_TIME;
        let mut link = Box::new(Link::new(script.on_demand));
        // SAFETY: everything is made on this thread, in the arena; the link lives as long as the image.
        unsafe {
            let runtime = js::JS_NewRuntime2(&Arena::FUNCTIONS, arena.opaque());
            if runtime.is_null() {
                return Err(failed("no runtime"));
            }
            js::JS_SetRuntimeOpaque(runtime, (&raw mut *link).cast());
            js::JS_SetMaxStackSize(runtime, STACK_BYTES as js::size_t);
            js::JS_UpdateStackTop(runtime);
            let context = new_context(runtime)?;
            let brake = Brake::install(runtime, context, arena.meter());
            link.set(native);
            let values = run_prelude(context, script);
            link.clear();
            let values = values?;
            js::JS_RunGC(runtime);
            // A collection walks all of the image, so that only a run that has made much garbage does one.
            let collected_at = heap_bytes(runtime) + bounds.memory / 4 * 3;
            js::JS_SetGCThreshold(runtime, collected_at as js::size_t);
            let meter = arena.meter();
            meter.limit = meter.used + bounds.memory;
            let saved = arena.save();
            Ok(Self {
                arena,
                saved,
                runtime,
                context,
                link,
                _brake: brake,
                values,
            })
        }
    }

    /// How many bytes of memory the image takes while no run goes on: the engine's own, and the copy.
    pub(crate) fn bytes(&self) -> usize {
        2 * self.saved.bytes()
    }

    /// How many bytes the engine counts as its own at the moment.
    #[cfg(test)]
    pub(crate) fn counted(&mut self) -> usize {
        self.arena.meter().used
    }

    /// Makes the engine again what it was before any run. A run begins with this; it is for those who look at an image between
    /// runs.
    pub(crate) fn restore(&mut self) {
        // SAFETY: the copy is of this arena, and no value of an earlier run is kept.
        unsafe { self.arena.restore(&self.saved) };
    }

    /// Runs the program's body, then its handler with an event, and all that they leave to do until the handler's promise is
    /// settled.
    pub(crate) fn run(&mut self, event: &str, native: &mut dyn Native, time: Duration) -> Ended {
        self.restore();
        let meter = self.arena.meter();
        meter.deadline = thread_cpu_time() + time;
        // SAFETY: the engine is in the state that was saved, in which the values are live.
        let ended = unsafe {
            self.link.set(native);
            js::JS_UpdateStackTop(self.runtime);
            self.run_from_the_image(event)
        };
        self.link.clear();
        let meter = self.arena.meter();
        // Whatever the function caught, and whatever it made of it.
        if meter.exhausted {
            Ended::Exhausted
        } else if meter.late || meter.is_late() {
            Ended::Late
        } else {
            ended
        }
    }

    /// # Safety
    ///
    /// The arena was just restored, and the link is set.
    unsafe fn run_from_the_image(&mut self, event: &str) -> Ended {
        let context = self.context;
        let values = self.values;
        // SAFETY: all values are of the image or made here; `JS_EvalFunction` takes a reference of its own to each script.
        unsafe {
            let body = js::JS_EvalFunction(context, js::JS_DupValue(context, values.program));
            if js::JS_IsException(body) {
                return self.thrown();
            }
            let handler = js::JS_EvalFunction(context, js::JS_DupValue(context, values.handler));
            if js::JS_IsException(handler) {
                return self.thrown();
            }
            if !js::JS_IsFunction(context, handler) {
                return Ended::NoHandler;
            }
            let event = new_string(context, event);
            let result = call(context, values.start, &[handler, event]);
            if js::JS_IsException(result) {
                return self.thrown();
            }
            match self.settled(result) {
                Ok(value) => self.finished(value),
                Err(ended) => ended,
            }
        }
    }

    /// The value of a promise once it is fulfilled, and of anything else itself. What is left to do afterwards is
    /// never done.
    unsafe fn settled(&mut self, result: JSValue) -> Result<JSValue, Ended> {
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

    unsafe fn finished(&mut self, value: JSValue) -> Ended {
        // SAFETY: `value` is a live value.
        unsafe {
            let json = call(self.context, self.values.finish, &[value]);
            if js::JS_IsException(json) {
                return self.thrown();
            }
            read_string(self.context, json).map_or(Ended::NotAnObject, Ended::Value)
        }
    }

    /// What was thrown.
    unsafe fn thrown(&mut self) -> Ended {
        // SAFETY: the exception is taken from the context, which leaves none behind.
        unsafe {
            let exception = js::JS_GetException(self.context);
            self.described(exception)
        }
    }

    /// The text of a thrown value, and where it was thrown: `describe` gives back both in an array.
    unsafe fn described(&mut self, thrown: JSValue) -> Ended {
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

/// A context with what the prelude is made from. There is no `Eval`: what is in it was compiled elsewhere.
unsafe fn new_context(runtime: *mut JSRuntime) -> Result<*mut JSContext, ImageError> {
    // SAFETY: the runtime is live, and on this thread.
    unsafe {
        let context = js::JS_NewContextRaw(runtime);
        if context.is_null() {
            return Err(failed("no context"));
        }
        let added = [
            js::JS_AddIntrinsicBaseObjects(context),
            js::JS_AddIntrinsicDate(context),
            js::JS_AddIntrinsicRegExp(context),
            js::JS_AddIntrinsicJSON(context),
            js::JS_AddIntrinsicMapSet(context),
            js::JS_AddIntrinsicTypedArrays(context),
            js::JS_AddIntrinsicPromise(context),
        ];
        if added.iter().any(|added| *added < 0) {
            return Err(failed("no intrinsic objects"));
        }
        Ok(context)
    }
}

unsafe fn run_prelude(context: *mut JSContext, script: &Script<'_>) -> Result<Values, ImageError> {
    // SAFETY: the context is fresh, and the bytecode of this process.
    unsafe {
        let host = host_object(context, script.natives);
        let internal = js::JS_NewObjectProto(context, js::JS_NULL);
        for part in script.prelude {
            let function = js::JS_EvalFunction(context, read(context, part)?);
            checked(context, function)?;
            let result = checked(context, call(context, function, &[host, internal]))?;
            // What a part leaves behind it has put into objects.
            js::JS_FreeValue(context, result);
            js::JS_FreeValue(context, function);
        }
        let bind = checked(context, member(context, internal, c"bindImport"))?;
        for (name, module) in script.imports {
            let arguments = [new_string(context, name), new_string(context, module)];
            checked(context, call(context, bind, &arguments))?;
        }
        Ok(Values {
            program: read(context, script.program)?,
            handler: read(context, script.lookup)?,
            start: checked(context, member(context, internal, c"start"))?,
            finish: checked(context, member(context, internal, c"finish"))?,
            describe: checked(context, member(context, internal, c"describe"))?,
        })
    }
}

unsafe fn read(context: *mut JSContext, bytecode: &Bytecode) -> Result<JSValue, ImageError> {
    // SAFETY: the context is live, and on this thread.
    unsafe { checked(context, read_script(context, bytecode)) }
}

unsafe fn checked(context: *mut JSContext, value: JSValue) -> Result<JSValue, ImageError> {
    // SAFETY: the value is live; an exception of the prelude's is an error object.
    unsafe {
        if !js::JS_IsException(value) {
            return Ok(value);
        }
        let exception = js::JS_GetException(context);
        let text = js::JS_ToString(context, exception);
        let text = read_string(context, text);
        Err(ImageError::Engine(
            text.unwrap_or_else(|| "the prelude failed".to_owned()),
        ))
    }
}

unsafe fn heap_bytes(runtime: *mut JSRuntime) -> usize {
    // SAFETY: the engine fills the record in, which is plain numbers.
    unsafe {
        let mut usage = std::mem::zeroed::<js::JSMemoryUsage>();
        js::JS_ComputeMemoryUsage(runtime, &raw mut usage);
        usize::try_from(usage.malloc_size).unwrap_or(0)
    }
}

fn failed(what: &str) -> ImageError {
    ImageError::Engine(what.to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::compile::compile;
    use super::super::native::{Argument, Reply};
    use super::*;

    const PRELUDE: &str = "(function (host, internal) {
        const toText = String;
        internal.bindImport = function (name, module) { globalThis[name] = { module, get: host.get, load: host.load }; };
        internal.start = function (handler, event) { return handler(JSON.parse(event)); };
        internal.finish = function (value) {
            return typeof value === 'object' && value !== null ? JSON.stringify(value) : undefined;
        };
        internal.describe = function (thrown) { return [toText(thrown), 7, 9]; };
    })";

    struct Greeting(Vec<String>);

    impl Native for Greeting {
        fn call(&mut self, function: usize, arguments: &[Argument<'_>]) -> Reply {
            self.0.push(format!("{function} {arguments:?}"));
            match arguments {
                [Argument::Text(text)] if text == "panic" => panic!("as asked"),
                [Argument::Text(text)] => Reply::Text(format!("hello {text}")),
                [Argument::Bytes(bytes)] => Reply::Bytes(bytes.iter().rev().copied().collect()),
                [Argument::Number(number)] => {
                    Reply::Object(vec![(c"half", Reply::Number(number / 2.0))])
                }
                _ => Reply::Nothing,
            }
        }
    }

    const BOUNDS: Bounds = Bounds {
        memory: 2 << 20,
        time: Duration::from_millis(50),
    };

    fn image(source: &str) -> Image {
        let imports = [("greeting".to_owned(), "m".to_owned())];
        Image::build(
            &Script {
                prelude: &[compile(c"prelude", PRELUDE).unwrap()],
                on_demand: &[(
                    c"late",
                    compile(c"late", "(function (x) { return x + 1; })").unwrap(),
                )],
                natives: &[c"other", c"get"],
                program: &compile(c"function", source).unwrap(),
                lookup: &compile(
                    c"lookup",
                    "typeof handler === 'undefined' ? undefined : handler",
                )
                .unwrap(),
                imports: &imports,
            },
            &mut Greeting(Vec::new()),
            BOUNDS,
        )
        .unwrap()
    }

    fn ended(image: &mut Image, event: &str) -> Ended {
        image.run(event, &mut Greeting(Vec::new()), BOUNDS.time)
    }

    #[test]
    fn a_run_leaves_nothing_to_the_next() {
        let mut image = image(
            "let calls = 0;
             const handler = async (event) => {
                 calls += 1;
                 Array.prototype.calls = (Array.prototype.calls || 0) + 1;
                 globalThis.seen = (globalThis.seen || '') + event.name;
                 await null;
                 return { calls, array: [].calls, seen: globalThis.seen, hello: greeting.get(event.name) };
             };",
        );
        let before = image.counted();
        for name in ["ada", "bob", "eve"] {
            let expected =
                format!(r#"{{"calls":1,"array":1,"seen":"{name}","hello":"hello {name}"}}"#);
            let event = format!(r#"{{"name":"{name}"}}"#);
            assert_eq!(ended(&mut image, &event), Ended::Value(expected));
        }
        image.restore();
        assert_eq!(image.counted(), before);
    }

    #[test]
    fn native_functions_take_and_give_values() {
        let mut image = image(
            "function handler() {
                 const bytes = greeting.get(new Uint8Array([1, 2, 3]).buffer);
                 return [greeting.get('a\\ud800b'), Array.from(new Uint8Array(bytes)), greeting.get(3),
                         greeting.get(null) === undefined, greeting.get(new ArrayBuffer(0)).byteLength];
             }",
        );
        let mut native = Greeting(Vec::new());
        assert_eq!(
            image.run("null", &mut native, BOUNDS.time),
            Ended::Value("[\"hello a\u{FFFD}b\",[3,2,1],{\"half\":1.5},true,0]".to_owned())
        );
        assert!(native.0.iter().all(|call| call.starts_with("1 ")));
    }

    #[test]
    fn parts_are_loaded_on_demand() {
        let mut image = image(
            "function handler() {
                 let missing;
                 try { greeting.load('none'); } catch (e) { missing = String(e); }
                 return [greeting.load('late')(41), missing];
             }",
        );
        for _ in 0..3 {
            assert_eq!(
                ended(&mut image, "null"),
                Ended::Value("[42,\"InternalError: there is no such part\"]".to_owned())
            );
        }
    }

    #[test]
    fn a_panic_becomes_an_error() {
        let mut image = image("function handler() { return greeting.get('panic'); }");
        // A panic prints its trace first.
        assert_eq!(
            image.run("null", &mut Greeting(Vec::new()), Duration::from_secs(30)),
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
            let mut image = image(source);
            for _ in 0..3 {
                assert_eq!(ended(&mut image, "null"), expected, "{source}");
            }
        }
    }
}
