use std::ffi::{CStr, c_int, c_void};
use std::sync::Arc;
use std::time::Duration;

use rquickjs_sys as js;
use rquickjs_sys::{JSContext, JSRuntime, JSValue};

use super::clock::thread_cpu_time;
use super::value::{discard_exception, member, read_string};

/// A script that this process compiled, to be read into an image.
#[derive(Clone)]
pub(crate) struct Bytecode(Arc<[u8]>);

/// Makes a script of a context's from its bytecode, to be run by `JS_EvalFunction`; or an exception.
///
/// # Safety
///
/// `context` is a live context on this thread.
pub(super) unsafe fn read_script(context: *mut JSContext, bytecode: &Bytecode) -> JSValue {
    let bytes = &bytecode.0;
    // SAFETY: the engine trusts these bytes, and may: this process compiled them, with the same engine.
    unsafe {
        js::JS_ReadObject(
            context,
            bytes.as_ptr(),
            bytes.len() as js::size_t,
            js::JS_READ_OBJ_BYTECODE as c_int,
        )
    }
}

/// Why the engine compiles no script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CompileError {
    /// The text is none: the engine's own words for it.
    Refused {
        /// The error's name and message.
        text: String,
        /// Where it was found.
        line: Option<u32>,
    },
    /// It takes too much memory or time.
    TooLarge,
}

/// The most memory that compiling may take: an image's is bounded by other means.
const MEMORY: usize = 64 << 20;

/// The most processor time that compiling may take: the longest script that can be stored takes a few milliseconds.
const TIME: Duration = Duration::from_secs(2);

/// The stack that the parser may use, as in a run.
pub(super) const STACK_BYTES: usize = 256 * 1024;

/// Compiles a classic script, strict as every function is.
pub(crate) fn compile(name: &CStr, source: &str) -> Result<Bytecode, CompileError> {
    compile_with(name, source, js::JS_WRITE_OBJ_STRIP_SOURCE)
}

/// Compiles one whose functions know neither its name nor their lines: call sites have an empty file name then. It takes less
/// memory.
pub(crate) fn compile_without_places(name: &CStr, source: &str) -> Result<Bytecode, CompileError> {
    let stripped = js::JS_WRITE_OBJ_STRIP_SOURCE | js::JS_WRITE_OBJ_STRIP_DEBUG;
    compile_with(name, source, stripped)
}

fn compile_with(name: &CStr, source: &str, stripped: u32) -> Result<Bytecode, CompileError> {
    // The engine wants a NUL after the text, and takes one within it for a character.
    let mut text = Vec::with_capacity(source.len() + 1);
    text.extend_from_slice(source.as_bytes());
    text.push(0);
    let mut deadline = thread_cpu_time() + TIME;
    // SAFETY: runtime and context are made, used and freed here, on one thread; the handler's argument outlives them.
    unsafe {
        let runtime = js::JS_NewRuntime();
        if runtime.is_null() {
            return Err(CompileError::TooLarge);
        }
        js::JS_SetMemoryLimit(runtime, MEMORY as js::size_t);
        js::JS_SetMaxStackSize(runtime, STACK_BYTES as js::size_t);
        js::JS_SetInterruptHandler(runtime, Some(is_late), (&raw mut deadline).cast());
        let context = js::JS_NewContextRaw(runtime);
        let compiled = if context.is_null() {
            Err(CompileError::TooLarge)
        } else {
            let compiled = compile_in(context, name, &text, stripped);
            js::JS_FreeContext(context);
            compiled
        };
        js::JS_FreeRuntime(runtime);
        compiled
    }
}

unsafe extern "C" fn is_late(_: *mut JSRuntime, deadline: *mut c_void) -> c_int {
    // SAFETY: it is the deadline of `compile`, which waits for the engine.
    let deadline = unsafe { *deadline.cast::<Duration>() };
    c_int::from(thread_cpu_time() > deadline)
}

unsafe fn compile_in(
    context: *mut JSContext,
    name: &CStr,
    text: &[u8],
    stripped: u32,
) -> Result<Bytecode, CompileError> {
    // SAFETY: the context is fresh, and `text` ends with a NUL that is not counted.
    unsafe {
        if js::JS_AddIntrinsicBaseObjects(context) < 0 || js::JS_AddIntrinsicEval(context) < 0 {
            return Err(CompileError::TooLarge);
        }
        // The errors of regular expressions that are written as literals are found by compiling them.
        js::JS_AddIntrinsicRegExpCompiler(context);
        let flags =
            js::JS_EVAL_TYPE_GLOBAL | js::JS_EVAL_FLAG_STRICT | js::JS_EVAL_FLAG_COMPILE_ONLY;
        let function = js::JS_Eval(
            context,
            text.as_ptr().cast(),
            (text.len() - 1) as js::size_t,
            name.as_ptr(),
            flags as c_int,
        );
        if js::JS_IsException(function) {
            return Err(refusal(context));
        }
        let mut length: js::size_t = 0;
        let flags = js::JS_WRITE_OBJ_BYTECODE | stripped;
        let bytes = js::JS_WriteObject(context, &raw mut length, function, flags as c_int);
        js::JS_FreeValue(context, function);
        if bytes.is_null() {
            discard_exception(context);
            return Err(CompileError::TooLarge);
        }
        let bytecode = Arc::from(std::slice::from_raw_parts(bytes, length as usize));
        js::js_free(context, bytes.cast());
        Ok(Bytecode(bytecode))
    }
}

unsafe fn refusal(context: *mut JSContext) -> CompileError {
    // SAFETY: the exception is the engine's own error object, whose members are data.
    unsafe {
        let exception = js::JS_GetException(context);
        let text = |name| {
            let value = member(context, exception, name);
            let text = read_string(context, value);
            js::JS_FreeValue(context, value);
            text
        };
        let refusal = match (text(c"name"), text(c"message")) {
            (Some(name), Some(message)) if !js::JS_IsUncatchableError(exception) => {
                CompileError::Refused {
                    text: format!("{name}: {message}"),
                    line: text(c"stack").as_deref().and_then(line_of),
                }
            }
            _ => CompileError::TooLarge,
        };
        js::JS_FreeValue(context, exception);
        refusal
    }
}

/// The line in `    at NAME:LINE:COLUMN`.
fn line_of(stack: &str) -> Option<u32> {
    let first = stack.lines().next()?;
    let mut numbers = first.trim_end_matches(')').rsplit(':');
    numbers.next()?;
    numbers.next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_compiled_or_refused_with_its_line() {
        assert!(compile(c"f", "const a = /b+/g; function handler() {}").is_ok());
        let refused = compile(c"f", "\n\nvar a = ;").err().unwrap();
        assert_eq!(
            refused,
            CompileError::Refused {
                text: "SyntaxError: unexpected token in expression: ';'".to_owned(),
                line: Some(3)
            }
        );
        assert!(compile(c"f", "/(/").is_err());
        assert!(compile(c"f", &"(".repeat(100_000)).is_err());
        assert!(compile(c"f", "'\0'").is_ok());
    }

    #[test]
    fn each_script_is_strict() {
        assert!(compile(c"f", "with (a) {}").is_err());
    }
}
