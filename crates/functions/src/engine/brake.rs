use std::ffi::{c_int, c_void};
use std::mem::zeroed;
use std::ptr::NonNull;

use rquickjs_sys as js;
use rquickjs_sys::{JSContext, JSRuntime, JSValue};

use super::arena::{Controls, Meter};
use super::compile::STACK_BYTES;

/// Stops a run that has used up what it may.
///
/// The engine counts its steps, calls and jumps back, down from 10,000. At none it asks the brake, and throws an error
/// that can't be caught when it is told to stop. That is not enough:
///
/// - A step can take long: the engine sorts all that a run's memory holds in one. So the brake and the meter lower the count, the more
///   of it there is to go over.
/// - Some of the engine's functions swallow the error: `Promise.all` turns it into a rejection, and a trace that is made
///   for another error drops it. So a run that is to stop gets no traces and no stack for any call, and the engine
///   asks at each step.
pub(super) struct Brake {
    meter: NonNull<Meter>,
    context: *mut JSContext,
    /// The setter of `Error.prepareStackTrace`. As a function of the engine's own it costs a step to call.
    set_trace: JSValue,
}

impl Brake {
    /// Has the engine ask a new brake.
    ///
    /// # Safety
    ///
    /// The context is a fresh one of the runtime's, on this thread; the meter is that of the arena in which both lie. The brake
    /// lives as long as the runtime runs anything.
    pub(super) unsafe fn install(
        runtime: *mut JSRuntime,
        context: *mut JSContext,
        meter: &mut Meter,
    ) -> Box<Self> {
        // SAFETY: the caller's promises; the setter stays alive, since the image that is made holds a reference. The count is
        // part of the context.
        unsafe {
            let mut brake = Box::new(Self {
                meter: NonNull::from(&mut *meter),
                context,
                set_trace: setter_of_traces(context),
            });
            let countdown = js::JS_GetInterruptCounter(context);
            meter.set_controls(Controls { runtime, countdown });
            js::JS_SetInterruptHandler(runtime, Some(ask), (&raw mut *brake).cast());
            brake
        }
    }

    /// Makes one step, and sees to it that there are no traces.
    ///
    /// # Safety
    ///
    /// The engine isn't running, or waits for an answer.
    unsafe fn step(&self) {
        let mut undefined = js::JS_UNDEFINED;
        // SAFETY: the setter runs no code of the function's. The engine's state allows a call, since it calls functions itself
        // right before and after it asks.
        unsafe {
            js::JS_Call(
                self.context,
                self.set_trace,
                js::JS_TRUE,
                1,
                &raw mut undefined,
            )
        };
    }

    /// # Safety
    ///
    /// The engine asks, and waits for the answer.
    unsafe fn stop(&self, runtime: *mut JSRuntime) {
        // SAFETY: the caller's promise.
        unsafe {
            js::JS_SetMaxStackSize(runtime, STACK_BYTES as js::size_t);
            self.step();
            js::JS_SetMaxStackSize(runtime, 1);
        }
    }
}

/// What the engine calls.
unsafe extern "C" fn ask(runtime: *mut JSRuntime, brake: *mut c_void) -> c_int {
    // SAFETY: it is the brake that was installed, and the engine runs on its thread.
    unsafe {
        let brake = &mut *brake.cast::<Brake>();
        let stops = brake.meter.as_mut().stops();
        if stops {
            brake.stop(runtime);
        }
        brake.meter.as_mut().hasten(0);
        c_int::from(stops)
    }
}

unsafe fn setter_of_traces(context: *mut JSContext) -> JSValue {
    // SAFETY: the context is fresh, so that `Error` is the engine's own; what is looked up is counted as referred to.
    unsafe {
        let global = js::JS_GetGlobalObject(context);
        let error = js::JS_GetPropertyStr(context, global, c"Error".as_ptr());
        let name = js::JS_NewAtom(context, c"prepareStackTrace".as_ptr());
        let mut property = zeroed::<js::JSPropertyDescriptor>();
        let found = js::JS_GetOwnProperty(context, &raw mut property, error, name);
        if found == 1 {
            property.setter
        } else {
            js::JS_UNDEFINED
        }
    }
}
