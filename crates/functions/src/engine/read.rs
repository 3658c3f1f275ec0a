//! What a handler gave back, read where it lies.

use std::borrow::Cow;
use std::ffi::c_int;
use std::mem::zeroed;
use std::ptr;

use rquickjs_sys as js;
use rquickjs_sys::{JSAtom, JSClassID, JSContext, JSPropertyEnum, JSValue};

use super::lazy::{Given, LazyClass};
use super::value::text_of;
use crate::json::{Borrowed, BorrowedMembers, Json, Members};

/// Reads plain data: what `JSON.stringify` would write, without the text between. It runs no code of the function's, so that
/// whatever needs some, or is unusual, has to be written by `JSON.stringify` after all: then it gives nothing.
///
/// The texts lie in the engine's memory.
#[derive(Clone, Copy)]
pub(super) struct Reader {
    context: *mut JSContext,
    /// The name `toJSON`.
    to_json: JSAtom,
    /// The class of objects that are nothing else.
    plain: JSClassID,
    lazy: LazyClass,
}

/// What may still be read. Data that refers to the same objects and texts over and over has no bound in the engine's memory.
struct Left {
    values: usize,
    /// Bytes of texts and names.
    bytes: usize,
}

/// The most data that is read so: more than any output is that CloudFront takes.
const MOST: Left = Left {
    values: 4096,
    bytes: 128 * 1024,
};

/// How deep data may be nested that is read so.
const MAX_DEPTH: usize = 32;

impl Reader {
    /// # Safety
    ///
    /// The context is a live one on this thread, in the state from which images are made.
    pub(super) unsafe fn new(context: *mut JSContext, lazy: LazyClass) -> Self {
        // SAFETY: the caller's promise.
        unsafe {
            let object = js::JS_NewObject(context);
            let plain = js::JS_GetClassID(object);
            js::JS_FreeValue(context, object);
            Self {
                context,
                to_json: js::JS_NewAtom(context, c"toJSON".as_ptr()),
                plain,
                lazy,
            }
        }
    }

    /// The data of an object.
    ///
    /// # Safety
    ///
    /// `value` is a live value of the context, and the engine is neither run nor restored while the data is used.
    pub(super) unsafe fn read<'a, G: Given>(
        self,
        value: JSValue,
        given: &'a G,
    ) -> Option<Data<'a, G>> {
        let mut reading = Reading {
            reader: self,
            given,
            left: MOST,
        };
        // SAFETY: the caller's promise.
        unsafe { reading.object(value, MAX_DEPTH) }
    }
}

/// Plain data of the engine's, in which there may be lazy objects that nobody looked into.
pub(crate) type Data<'a, G> = Borrowed<'a, <G as Given>::Unseen<'a>>;

/// The reading of one object.
struct Reading<'a, G> {
    reader: Reader,
    /// Where the lazy objects in it are from.
    given: &'a G,
    left: Left,
}

impl<'a, G: Given> Reading<'a, G> {
    /// The data of a value; `Some(None)` of one that `JSON.stringify` leaves out.
    unsafe fn value(&mut self, value: JSValue, depth: usize) -> Option<Option<Data<'a, G>>> {
        self.left.values = self.left.values.checked_sub(1)?;
        // SAFETY: the value is live; its tag says what may be read of it.
        let json = unsafe {
            if js::JS_IsString(value) {
                let mut length = 0;
                let bytes = js::JS_ToCStringLen(self.reader.context, &raw mut length, value);
                Json::String(self.text(bytes.cast(), length)?)
            } else if js::JS_IsBool(value) {
                Json::Bool(js::JS_VALUE_GET_BOOL(value))
            } else if js::JS_IsNumber(value) {
                let mut number = f64::NAN;
                js::JS_ToFloat64(self.reader.context, &raw mut number, value);
                // There is no negative zero in what `JSON.stringify` writes.
                if number.is_finite() {
                    Json::Number(number + 0.0)
                } else {
                    Json::Null
                }
            } else if js::JS_IsNull(value) {
                Json::Null
            } else if js::JS_IsUndefined(value) {
                return Some(None);
            } else {
                self.object(value, depth.checked_sub(1)?)?
            }
        };
        Some(Some(json))
    }

    unsafe fn object(&mut self, value: JSValue, depth: usize) -> Option<Data<'a, G>> {
        // SAFETY: the value is live. Nothing here has a proxy or a getter on its way, so that no code runs.
        unsafe {
            if !js::JS_IsObject(value) {
                return None;
            }
            if let Some(unseen) = self.unseen(value) {
                return Some(Json::Unseen(unseen));
            }
            if self.has_to_json(value) {
                return None;
            }
            if js::JS_IsArray(value) {
                return self.array(value, depth).map(Json::Array);
            }
            if js::JS_GetClassID(value) != self.reader.plain && !self.reader.lazy.has(value) {
                return None;
            }
            self.members(value, depth).map(Json::Object)
        }
    }

    /// What stands for a lazy object, if the value is one that was not looked into and inherits no `toJSON`.
    unsafe fn unseen(&self, value: JSValue) -> Option<G::Unseen<'a>> {
        let lazy = self.reader.lazy.unseen(value)?;
        // SAFETY: the value is a live object, and its prototype lives as long.
        let has_to_json = unsafe {
            let prototype = js::JS_GetPrototype(self.reader.context, value);
            self.has_to_json(prototype)
        };
        if has_to_json {
            return None;
        }
        self.given.unseen(lazy)
    }

    unsafe fn has_to_json(&self, value: JSValue) -> bool {
        let Reader {
            context, to_json, ..
        } = self.reader;
        // SAFETY: the value is live; what is no object has no property here.
        unsafe { js::JS_HasProperty(context, value, to_json) != 0 }
    }

    unsafe fn array(&mut self, array: JSValue, depth: usize) -> Option<Vec<Data<'a, G>>> {
        let mut length = 0;
        // SAFETY: the length of an array is data.
        let length = unsafe {
            (js::JS_GetLength(self.reader.context, array, &raw mut length) == 0)
                .then_some(length)?
        };
        let length = u32::try_from(length).ok()?;
        if usize::try_from(length).ok()? > self.left.values {
            return None;
        }
        (0..length)
            .map(|index| {
                // SAFETY: an index as a name needs no memory, and the array is live.
                let value = unsafe {
                    let name = js::JS_NewAtomUInt32(self.reader.context, index);
                    self.own_value(array, name)?
                };
                // SAFETY: it was just read.
                let json = unsafe { self.value(value, depth)? };
                Some(json.unwrap_or(Json::Null))
            })
            .collect()
    }

    unsafe fn members(
        &mut self,
        object: JSValue,
        depth: usize,
    ) -> Option<BorrowedMembers<'a, G::Unseen<'a>>> {
        // SAFETY: the object is live, and the names that the engine gives are of its own properties.
        unsafe {
            let names = self.names(object)?;
            if names.len() > self.left.values {
                return None;
            }
            let mut members = Members::with_capacity(names.len());
            for name in names {
                let value = self.own_value(object, name.atom)?;
                if let Some(json) = self.value(value, depth)? {
                    members.push((self.text_of_name(name.atom)?, json));
                }
            }
            Some(members)
        }
    }

    /// The names of its own properties that can be enumerated, in their order.
    unsafe fn names(&self, object: JSValue) -> Option<&'a [JSPropertyEnum]> {
        let (mut names, mut count) = (ptr::null_mut(), 0);
        let flags = js::JS_GPN_STRING_MASK | js::JS_GPN_ENUM_ONLY;
        // SAFETY: the engine makes a list of so many names, which is there until the engine is restored.
        unsafe {
            let failed = js::JS_GetOwnPropertyNames(
                self.reader.context,
                &raw mut names,
                &raw mut count,
                object,
                flags as c_int,
            );
            if failed != 0 {
                return None;
            }
            Some(std::slice::from_raw_parts(names, count as usize))
        }
    }

    unsafe fn text_of_name(&mut self, name: JSAtom) -> Option<Cow<'a, str>> {
        let mut length = 0;
        // SAFETY: the name is a live one.
        unsafe {
            let bytes = js::JS_AtomToCStringLen(self.reader.context, &raw mut length, name);
            self.text(bytes.cast(), length as usize)
        }
    }

    /// The value of an own property that is data.
    unsafe fn own_value(&self, object: JSValue, name: JSAtom) -> Option<JSValue> {
        // SAFETY: the engine fills the record in if it finds the property.
        unsafe {
            let mut property = zeroed::<js::JSPropertyDescriptor>();
            let found =
                js::JS_GetOwnProperty(self.reader.context, &raw mut property, object, name) == 1;
            let is_data = property.flags & js::JS_PROP_GETSET as c_int == 0;
            (found && is_data).then_some(property.value)
        }
    }

    /// Text that the engine made or has, until it is restored: it isn't given back to the engine, which forgets all of a run anyway.
    unsafe fn text(&mut self, bytes: *const u8, length: usize) -> Option<Cow<'a, str>> {
        if bytes.is_null() {
            return None;
        }
        self.left.bytes = self.left.bytes.checked_sub(length)?;
        // SAFETY: the engine says how many bytes there are.
        Some(text_of(unsafe {
            std::slice::from_raw_parts(bytes, length)
        }))
    }
}
