use std::borrow::Cow;
use std::ffi::{CStr, c_int};
use std::mem::transmute;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;

use rquickjs_sys as js;
use rquickjs_sys::{JSContext, JSValue};

use super::arena::Meter;
use super::compile::{Bytecode, read_script};
use super::lazy::MakeObject;
use super::value::{Text, bytes_of, new_string, read_string};

/// What the prelude's JavaScript can call: named functions of whoever runs the image. They see values that don't change meanwhile,
/// and give values back; they neither keep nor call anything of the engine's.
pub(crate) trait Native {
    /// Calls the function that has this place among the names that the interpreter was built with.
    fn call(&mut self, function: usize, arguments: &[Argument<'_>]) -> Reply<'_>;
}

/// How many arguments a native function sees; none has more.
const MAX_ARGUMENTS: usize = 4;

/// An argument of a native function.
#[derive(Debug, Default)]
pub(crate) enum Argument<'a> {
    /// Undefined, null, or anything that has no other form here.
    #[default]
    Nothing,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A string.
    Text(Text<'a>),
    /// The bytes of an ArrayBuffer.
    Bytes(&'a [u8]),
}

/// What a native function gives back.
#[derive(Debug)]
pub(crate) enum Reply<'a> {
    /// Undefined.
    Nothing,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A string.
    Text(Cow<'a, str>),
    /// An ArrayBuffer of these bytes.
    Bytes(Vec<u8>),
    /// An object with these members.
    Object(Vec<(&'static CStr, Reply<'a>)>),
    /// An error, which the prelude's code has not asked for by any input: it is thrown as an InternalError.
    Refused,
}

/// Where the runtime finds whoever runs it, and what it may load. It has a place of its own in memory, whose address is part of
/// the image.
pub(super) struct Link {
    native: Option<*mut dyn Native>,
    /// What the handler of the run is given.
    given: Option<*const dyn MakeObject>,
    /// Parts of the prelude that are not in the image, by name.
    on_demand: Vec<(&'static CStr, Bytecode)>,
    meter: NonNull<Meter>,
}

impl Link {
    pub(super) fn new(on_demand: &[(&'static CStr, Bytecode)], meter: &mut Meter) -> Self {
        Self {
            native: None,
            given: None,
            on_demand: on_demand.to_vec(),
            meter: NonNull::from(meter),
        }
    }

    /// Lets the runtime's native functions find `native`, until [`Self::clear`].
    ///
    /// # Safety
    ///
    /// The caller clears the link before the borrow of `native` ends.
    pub(super) unsafe fn set(&mut self, native: &mut dyn Native) {
        // SAFETY: the lifetime is left out of the type, since the link outlives the borrow; it is cleared before.
        self.native = Some(unsafe {
            transmute::<*mut (dyn Native + '_), *mut (dyn Native + 'static)>(native)
        });
    }

    /// Lets lazy objects find what they are made from, until [`Self::clear`].
    ///
    /// # Safety
    ///
    /// The caller clears the link before the borrow of `given` ends.
    pub(super) unsafe fn give(&mut self, given: &dyn MakeObject) {
        // SAFETY: as in `set`.
        self.given = Some(unsafe {
            transmute::<*const (dyn MakeObject + '_), *const (dyn MakeObject + 'static)>(given)
        });
    }

    /// What the handler is given, during a run.
    pub(super) fn given(&self) -> Option<&dyn MakeObject> {
        // SAFETY: it was borrowed when it was set, and is until the link is cleared.
        self.given.map(|given| unsafe { &*given })
    }

    pub(super) fn clear(&mut self) {
        self.native = None;
        self.given = None;
    }
}

/// An object with one function for each name, which calls the function of the same place; with `load`, which gives back the
/// value of a part of the prelude that is loaded on demand; and with `hasten`, which has the engine ask the brake at its next step.
///
/// # Safety
///
/// `ctx` is a live context on this thread, and the opaque pointer of its runtime is a [`Link`] that outlives it, with the meter of
/// the context's arena.
pub(super) unsafe fn host_object(ctx: *mut JSContext, names: &[&CStr]) -> JSValue {
    // SAFETY: the names end with a NUL; each function becomes a member, which the object owns.
    unsafe {
        let object = js::JS_NewObjectProto(ctx, js::JS_NULL);
        for (place, name) in (0..).zip(names) {
            let function =
                js::JS_NewCFunctionData(ctx, Some(call_native), 0, place, 0, std::ptr::null_mut());
            js::JS_SetPropertyStr(ctx, object, name.as_ptr(), function);
        }
        let load = js::JS_NewCFunctionData(ctx, Some(load), 1, 0, 0, std::ptr::null_mut());
        js::JS_SetPropertyStr(ctx, object, c"load".as_ptr(), load);
        let hasten = js::JS_NewCFunctionData(ctx, Some(hasten), 0, 0, 0, std::ptr::null_mut());
        js::JS_SetPropertyStr(ctx, object, c"hasten".as_ptr(), hasten);
        object
    }
}

/// What each of the functions of [`host_object`] does.
unsafe extern "C" fn call_native(
    ctx: *mut JSContext,
    _this: JSValue,
    count: c_int,
    arguments: *mut JSValue,
    place: c_int,
    _data: *mut JSValue,
) -> JSValue {
    // A panic must not reach C, which has no way to go on from it.
    let value = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the engine calls with live values, and runs no code until this returns; the link is there for as long as the
        // runtime, and names the caller of the run that this call is part of.
        unsafe {
            let mut given: [Argument<'_>; MAX_ARGUMENTS] = Default::default();
            let count = usize::try_from(count).unwrap_or(0).min(MAX_ARGUMENTS);
            for (at, argument) in given.iter_mut().take(count).enumerate() {
                *argument = argument_of(ctx, *arguments.add(at));
            }
            let link = js::JS_GetRuntimeOpaque(js::JS_GetRuntime(ctx)).cast::<Link>();
            let place = usize::try_from(place).unwrap_or(usize::MAX);
            let reply = match (*link).native {
                Some(native) => (*native).call(place, &given[..count]),
                None => Reply::Refused,
            };
            value_of(ctx, reply)
        }
    }));
    // SAFETY: the context is the caller's.
    value.unwrap_or_else(|_| unsafe { value_of(ctx, Reply::Refused) })
}

/// `load(name)`: the value of a script that the image lacks.
unsafe extern "C" fn load(
    ctx: *mut JSContext,
    _this: JSValue,
    count: c_int,
    arguments: *mut JSValue,
    _place: c_int,
    _data: *mut JSValue,
) -> JSValue {
    // SAFETY: as in `call_native`; nothing here panics.
    unsafe {
        let name = if count > 0 {
            read_string(ctx, *arguments)
        } else {
            None
        };
        let link = js::JS_GetRuntimeOpaque(js::JS_GetRuntime(ctx)).cast::<Link>();
        let on_demand = &(*link).on_demand;
        let part = on_demand.iter().find(|(known, _)| {
            name.as_ref()
                .is_some_and(|name| known.to_bytes() == name.as_bytes())
        });
        match part {
            Some((_, bytecode)) => {
                let function = read_script(ctx, bytecode);
                if js::JS_IsException(function) {
                    return function;
                }
                js::JS_EvalFunction(ctx, function)
            }
            None => js::JS_ThrowInternalError(ctx, c"there is no such part".as_ptr()),
        }
    }
}

/// `hasten()`: has the engine ask at its next step.
unsafe extern "C" fn hasten(
    ctx: *mut JSContext,
    _this: JSValue,
    _count: c_int,
    _arguments: *mut JSValue,
    _place: c_int,
    _data: *mut JSValue,
) -> JSValue {
    // SAFETY: as in `call_native`; the meter lies where the context does.
    unsafe {
        let link = js::JS_GetRuntimeOpaque(js::JS_GetRuntime(ctx)).cast::<Link>();
        (*link).meter.as_mut().ask_within(1);
    }
    js::JS_UNDEFINED
}

unsafe fn argument_of<'a>(ctx: *mut JSContext, value: JSValue) -> Argument<'a> {
    // SAFETY: the caller has a live value; its tag says what may be read of it.
    unsafe {
        if let Some(text) = Text::of(ctx, value) {
            return Argument::Text(text);
        }
        if js::JS_IsBool(value) {
            return Argument::Bool(js::JS_VALUE_GET_BOOL(value));
        }
        if js::JS_IsNumber(value) {
            let mut number = f64::NAN;
            // A number is converted without a fault.
            js::JS_ToFloat64(ctx, &raw mut number, value);
            return Argument::Number(number);
        }
        bytes_of(ctx, value).map_or(Argument::Nothing, Argument::Bytes)
    }
}

unsafe fn value_of(ctx: *mut JSContext, reply: Reply<'_>) -> JSValue {
    // SAFETY: the engine copies texts and bytes. Where it has no memory for them it gives back an exception, which is what this
    // function's caller must give back then.
    unsafe {
        match reply {
            Reply::Nothing => js::JS_UNDEFINED,
            Reply::Bool(true) => js::JS_TRUE,
            Reply::Bool(false) => js::JS_FALSE,
            Reply::Number(number) => js::JS_NewFloat64(number),
            Reply::Text(text) => new_string(ctx, &text),
            Reply::Bytes(bytes) => {
                js::JS_NewArrayBufferCopy(ctx, bytes.as_ptr(), bytes.len() as js::size_t)
            }
            Reply::Object(members) => {
                let object = js::JS_NewObject(ctx);
                for (name, reply) in members {
                    let value = value_of(ctx, reply);
                    if js::JS_IsException(object)
                        || js::JS_IsException(value)
                        || js::JS_DefinePropertyValueStr(
                            ctx,
                            object,
                            name.as_ptr(),
                            value,
                            js::JS_PROP_C_W_E as c_int,
                        ) < 0
                    {
                        return js::JS_EXCEPTION;
                    }
                }
                object
            }
            Reply::Refused => js::JS_ThrowInternalError(ctx, c"a native function failed".as_ptr()),
        }
    }
}
