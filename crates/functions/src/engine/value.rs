use std::borrow::Cow;
use std::ffi::c_char;
use std::fmt;
use std::ops::Deref;

use rquickjs_sys as js;
use rquickjs_sys::{JSContext, JSValue};

/// A string of the engine's.
///
/// # Safety
///
/// `ctx` is a live context on this thread.
pub(super) unsafe fn new_string(ctx: *mut JSContext, text: &str) -> JSValue {
    // SAFETY: the engine copies that many bytes.
    unsafe { js::JS_NewStringLen(ctx, text.as_ptr().cast(), text.len() as js::size_t) }
}

/// The text of a string of the engine's. Where it is ASCII, as most are, it is no copy.
pub(crate) struct Text<'a> {
    context: *mut JSContext,
    bytes: *const c_char,
    text: Cow<'a, str>,
}

impl Text<'_> {
    /// The text of a value that is a string; `None` of any other, or when there is no memory to make it in. Halves of surrogate
    /// pairs, which UTF-8 can't express, become U+FFFD.
    ///
    /// # Safety
    ///
    /// `context` is a live context on this thread for as long as the text, and `value` a live value of it.
    pub(super) unsafe fn of(context: *mut JSContext, value: JSValue) -> Option<Self> {
        // SAFETY: the value is a string, so that no code of the function's runs; the bytes are there until they are freed.
        unsafe {
            if !js::JS_IsString(value) {
                return None;
            }
            let mut length = 0;
            let bytes = js::JS_ToCStringLen(context, &raw mut length, value);
            if bytes.is_null() {
                discard_exception(context);
                return None;
            }
            Some(Self {
                context,
                bytes,
                text: text_of(std::slice::from_raw_parts(bytes.cast(), length)),
            })
        }
    }
}

impl Drop for Text<'_> {
    fn drop(&mut self) {
        // SAFETY: they are of this context, and freed once; the text that they are is not used any more.
        unsafe { js::JS_FreeCString(self.context, self.bytes) };
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

/// A copy of the text of a value that is a string, as [`Text::of`] has it.
///
/// # Safety
///
/// `ctx` is a live context on this thread, and `value` a live value of it.
pub(super) unsafe fn read_string(ctx: *mut JSContext, value: JSValue) -> Option<String> {
    // SAFETY: the caller's promises.
    unsafe { Text::of(ctx, value) }.map(|text| (*text).to_owned())
}

/// UTF-8 from the engine's, which writes half a surrogate pair as three bytes of its own.
pub(super) fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    loop {
        match std::str::from_utf8(rest) {
            Ok(valid) => {
                text.push_str(valid);
                return Cow::Owned(text);
            }
            Err(error) => {
                let (valid, broken) = rest.split_at(error.valid_up_to());
                text.push_str(&String::from_utf8_lossy(valid));
                text.push(char::REPLACEMENT_CHARACTER);
                rest = broken.get(3..).unwrap_or_default();
            }
        }
    }
}

/// The member of an object; an exception if reading it throws.
///
/// # Safety
///
/// `ctx` is a live context on this thread, and `object` a live value of it. A getter runs, if it has one.
pub(super) unsafe fn member(
    ctx: *mut JSContext,
    object: JSValue,
    name: &std::ffi::CStr,
) -> JSValue {
    // SAFETY: the name ends with a NUL.
    unsafe { js::JS_GetPropertyStr(ctx, object, name.as_ptr()) }
}

/// Calls a function with arguments, `this` being undefined.
///
/// # Safety
///
/// `ctx` is a live context on this thread, and all values are live values of it.
pub(super) unsafe fn call(
    ctx: *mut JSContext,
    function: JSValue,
    arguments: &[JSValue],
) -> JSValue {
    // SAFETY: the engine reads so many arguments, and changes none of them.
    unsafe {
        js::JS_Call(
            ctx,
            function,
            js::JS_UNDEFINED,
            arguments.len() as std::ffi::c_int,
            arguments.as_ptr().cast_mut(),
        )
    }
}

/// Forgets the exception that was thrown.
///
/// # Safety
///
/// `ctx` is a live context on this thread.
pub(super) unsafe fn discard_exception(ctx: *mut JSContext) {
    // SAFETY: taking the exception is all that is to be done.
    unsafe {
        let exception = js::JS_GetException(ctx);
        js::JS_FreeValue(ctx, exception);
    }
}

/// The bytes of an ArrayBuffer; `None` of any other value.
///
/// # Safety
///
/// `ctx` is a live context on this thread, and `value` a live value of it that no code changes while the bytes are used.
pub(super) unsafe fn bytes_of<'a>(ctx: *mut JSContext, value: JSValue) -> Option<&'a [u8]> {
    // SAFETY: the engine says where the bytes are and how many.
    unsafe {
        if !js::JS_IsArrayBuffer(value) {
            return None;
        }
        let mut length: js::size_t = 0;
        let bytes = js::JS_GetArrayBuffer(ctx, &raw mut length, value);
        if bytes.is_null() || length == 0 {
            if js::JS_HasException(ctx) {
                discard_exception(ctx);
            }
            return Some(&[]);
        }
        Some(std::slice::from_raw_parts(bytes, length as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_surrogate_pair_is_replaced() {
        assert_eq!(text_of("aé😀".as_bytes()), "aé😀");
        assert_eq!(text_of(b"a\xED\xA0\x80b"), "a\u{FFFD}b");
        assert_eq!(text_of(b"\xED\xB0\x80\xED\xA0\x80"), "\u{FFFD}\u{FFFD}");
        assert_eq!(text_of(b"x\xED"), "x\u{FFFD}");
    }
}
