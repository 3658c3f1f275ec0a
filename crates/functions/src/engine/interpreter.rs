use std::ffi::CStr;
use std::time::Duration;

use rquickjs_sys as js;
use rquickjs_sys::{JSContext, JSRuntime, JSValue};

use super::arena::{Arena, Saved};
use super::brake::Brake;
use super::clock::{Stopwatch, thread_cpu_time};
use super::compile::{Bytecode, STACK_BYTES, read_script};
use super::image::Image;
use super::lazy::{LazyClass, register};
use super::native::{Link, Native, host_object};
use super::read::Reader;
use super::value::{call, member, new_string, read_string};

/// What an interpreter is built from.
pub(crate) struct Prelude<'a> {
    /// Scripts each of which is a function of the host's functions and of an object that they share.
    pub(crate) parts: &'a [Bytecode],
    /// Parts that are left out, which `host.load` gives by name.
    pub(crate) on_demand: &'a [(&'static CStr, Bytecode)],
    /// The names of the host's functions.
    pub(crate) natives: &'a [&'a CStr],
}

/// What an image is made from.
pub(crate) struct Script<'a> {
    /// The program, which is run anew in each run. Its value is the handler: it ends with [`HANDLER`].
    pub(crate) program: &'a Bytecode,
    /// The modules that the program imports: under which name, and which.
    pub(crate) imports: &'a [(String, String)],
}

/// Finds the handler as a program's own code would, however it is declared.
pub(crate) const HANDLER: &str = "\n;typeof handler === 'undefined' ? undefined : handler";

/// Why no interpreter or image could be built.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImageError {
    /// The system has no memory for it.
    #[error("no memory for a function's image: {0}")]
    Memory(#[from] std::io::Error),
    /// The engine or the prelude failed.
    #[error("the engine failed: {0}")]
    Engine(String),
}

/// The engine with the prelude in it, and a copy of all its memory. Programs are added to it, each of which becomes an image, and
/// run in it one after the other, each run from a copy of the memory as the image has it. It belongs to the thread that built it.
pub(crate) struct Interpreter {
    pub(super) arena: Arena,
    /// As it is without a program.
    bare: Saved,
    pub(super) runtime: *mut JSRuntime,
    pub(super) context: *mut JSContext,
    pub(super) link: Box<Link>,
    /// The runtime has its address.
    _brake: Box<Brake>,
    pub(super) values: Values,
    /// Of the thread's runs.
    pub(super) stopwatch: Stopwatch,
    /// The most memory of a run above what the image holds, in bytes.
    memory: usize,
    /// How many images were made.
    made: u64,
    /// Which of them the memory was last used for.
    current: u64,
}

/// Values that are there before any program, so that they are the same in each run.
#[derive(Clone, Copy)]
pub(super) struct Values {
    /// The prelude's part of making an image: see `prelude/lazy.js` and `prelude/run.js`.
    prepare: JSValue,
    bind_import: JSValue,
    /// What makes lazy objects.
    pub(super) lazy: LazyClass,
    /// What reads what a handler gives back.
    pub(super) reader: Reader,
    /// The prelude's part of a run: see `prelude/run.js`.
    pub(super) start: JSValue,
    pub(super) finish: JSValue,
    pub(super) describe: JSValue,
}

/// The most that an image may hold: some ten times what the prelude and the longest program need.
const MAX_IMAGE_BYTES: usize = 8 << 20;

/// The largest allocations that share a block of the engine's.
const MAX_SMALL_BYTES: js::size_t = 504;

/// The most processor time that building may take.
const BUILD_TIME: Duration = Duration::from_secs(5);

impl Interpreter {
    /// Builds an interpreter whose runs may take so much memory above what their images hold: its prelude runs.
    pub(crate) fn build(
        prelude: &Prelude<'_>,
        native: &mut dyn Native,
        memory: usize,
    ) -> Result<Self, ImageError> {
        let mut arena = Arena::new(MAX_IMAGE_BYTES + memory)?;
        arena.meter().allow(thread_cpu_time(), BUILD_TIME);
        let mut link = Box::new(Link::new(prelude.on_demand, arena.meter()));
        // SAFETY: everything is made on this thread, in the arena; the link lives as long as the interpreter.
        unsafe {
            let runtime = js::JS_NewRuntime2(&Arena::FUNCTIONS, arena.opaque());
            if runtime.is_null() {
                return Err(failed("no runtime"));
            }
            js::JS_SetRuntimeOpaque(runtime, (&raw mut *link).cast());
            js::JS_SetMaxStackSize(runtime, STACK_BYTES as js::size_t);
            js::JS_UpdateStackTop(runtime);
            let lazy = register(runtime).ok_or_else(|| failed("no class of lazy objects"))?;
            let context = new_context(runtime)?;
            let lazy = LazyClass::new(context, lazy);
            let brake = Brake::install(runtime, context, arena.meter());
            link.set(native);
            let values = run_prelude(runtime, context, prelude, lazy, &mut arena);
            link.clear();
            let values = values?;
            js::JS_RunGC(runtime);
            let bare = arena.save();
            Ok(Self {
                arena,
                bare,
                runtime,
                context,
                link,
                _brake: brake,
                values,
                stopwatch: Stopwatch::new(),
                memory,
                made: 0,
                current: 0,
            })
        }
    }

    /// Adds a program, which does not run yet: the image that its runs begin from.
    pub(crate) fn image(
        &mut self,
        script: &Script<'_>,
        native: &mut dyn Native,
    ) -> Result<Image, ImageError> {
        self.made += 1;
        let number = self.made;
        self.current = number;
        // SAFETY: no value of an earlier run or image is kept; the link is cleared before the borrow of `native` ends.
        let program = unsafe {
            self.arena.wipe(&self.bare);
            self.arena.restore(&self.bare);
            self.arena.meter().allow(thread_cpu_time(), BUILD_TIME);
            js::JS_UpdateStackTop(self.runtime);
            self.link.set(native);
            let program = self.add(script);
            self.link.clear();
            let program = program?;
            // A collection walks all of the image, so that only a run that has made much garbage does one.
            let collected_at = heap_bytes(self.runtime) + self.memory / 4 * 3;
            js::JS_SetGCThreshold(self.runtime, collected_at as js::size_t);
            program
        };
        let meter = self.arena.meter();
        meter.limit = meter.used + self.memory;
        Ok(Image {
            saved: self.arena.save_since(&self.bare),
            program,
            number,
        })
    }

    /// # Safety
    ///
    /// The arena was just restored, and the link is set.
    unsafe fn add(&mut self, script: &Script<'_>) -> Result<JSValue, ImageError> {
        let (context, values) = (self.context, self.values);
        // SAFETY: all values are of the interpreter or made here.
        unsafe {
            checked(context, call(context, values.prepare, &[]))?;
            for (name, module) in script.imports {
                let arguments = [new_string(context, name), new_string(context, module)];
                checked(context, call(context, values.bind_import, &arguments))?;
            }
            read(context, script.program)
        }
    }

    /// Makes the engine what it was when the image was made. A run begins with this; it is for those who look at an image between
    /// runs.
    pub(crate) fn restore(&mut self, image: &Image) {
        // SAFETY: the image is of this interpreter, and no value of an earlier run is kept.
        unsafe {
            if self.current != image.number {
                // An engine that reads memory which it has not written would find nothing of another's there.
                self.arena.wipe(&image.saved);
                self.current = image.number;
            }
            self.arena.restore(&image.saved);
        }
    }

    /// How many bytes the engine counts as its own at the moment.
    #[cfg(test)]
    pub(crate) fn counted(&mut self) -> usize {
        self.arena.meter().used
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
            js::JS_AddIntrinsicTypedArrays(context),
            js::JS_AddIntrinsicPromise(context),
        ];
        if added.iter().any(|added| *added < 0) {
            return Err(failed("no intrinsic objects"));
        }
        Ok(context)
    }
}

unsafe fn run_prelude(
    runtime: *mut JSRuntime,
    context: *mut JSContext,
    prelude: &Prelude<'_>,
    lazy: LazyClass,
    arena: &mut Arena,
) -> Result<Values, ImageError> {
    // SAFETY: the context is fresh, and the bytecode of this process.
    unsafe {
        let host = host_object(context, prelude.natives);
        let internal = js::JS_NewObjectProto(context, js::JS_NULL);
        for part in prelude.parts {
            let function = js::JS_EvalFunction(context, read(context, part)?);
            checked(context, function)?;
            let result = checked(context, call(context, function, &[host, internal]))?;
            // What a part leaves behind it has put into objects; the next part has the room of the rest.
            js::JS_FreeValue(context, result);
            js::JS_FreeValue(context, function);
            js::JS_RunGC(runtime);
            settle(context, arena);
        }
        let internal_function = |name| checked(context, member(context, internal, name));
        Ok(Values {
            lazy,
            reader: Reader::new(context, lazy),
            prepare: internal_function(c"prepare")?,
            bind_import: internal_function(c"bindImport")?,
            start: internal_function(c"start")?,
            finish: internal_function(c"finish")?,
            describe: internal_function(c"describe")?,
        })
    }
}

/// Has the engine fill its memory from the front. It divides blocks of 4 KB among allocations of one size, and takes room from the
/// block in which something was freed last: here that is the first one of each size. So those at the end become empty.
unsafe fn settle(context: *mut JSContext, arena: &mut Arena) {
    let mut size = 1;
    while size <= MAX_SMALL_BYTES {
        let mut taken = Vec::new();
        loop {
            let used = arena.meter().used;
            // SAFETY: the context is live, and on this thread; what is taken is given back below, once.
            let room = unsafe { js::js_malloc(context, size) };
            if room.is_null() {
                break;
            }
            taken.push(room);
            // There was no room left in any block.
            if arena.meter().used != used {
                break;
            }
        }
        size = taken.last().map_or(MAX_SMALL_BYTES, |room| {
            // SAFETY: it was taken above.
            unsafe { js::js_malloc_usable_size(context, *room) }
        }) + 1;
        taken.sort_unstable();
        for room in taken.into_iter().rev() {
            // SAFETY: as above.
            unsafe { js::js_free(context, room) };
        }
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
