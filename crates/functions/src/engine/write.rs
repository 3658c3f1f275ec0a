//! The event as values of the engine's.

use std::ffi::c_int;
use std::fmt::{self, Display};

use rquickjs_sys as js;
use rquickjs_sys::{JSAtom, JSContext, JSValue};
use serde::ser::{self, Impossible, Serialize, Serializer};

use super::lazy::{Lazy, LazyClass};
use super::value::new_string;

/// Makes values of what can be serialized: those that `JSON.parse` would make of its JSON, without the text between. A value that
/// has no form in the engine here, as bytes, is refused. A [`Lazy`] becomes a lazy object, where there are such.
#[derive(Clone, Copy)]
pub(super) struct Writer {
    context: *mut JSContext,
    /// What makes lazy objects.
    lazy: Option<LazyClass>,
}

/// A value can't be made: the engine has no memory, or has no such value.
#[derive(Debug)]
pub(super) struct NotWritten;

impl Display for NotWritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no such value")
    }
}

impl std::error::Error for NotWritten {}

impl ser::Error for NotWritten {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

type Written = Result<JSValue, NotWritten>;

impl Writer {
    /// # Safety
    ///
    /// The context is a live one on this thread for as long as the writer is used.
    pub(super) unsafe fn new(context: *mut JSContext, lazy: Option<LazyClass>) -> Self {
        Self { context, lazy }
    }

    fn object(self) -> Result<Members, NotWritten> {
        // SAFETY: the context is live.
        let object = checked(unsafe { js::JS_NewObject(self.context) })?;
        Ok(Members {
            writer: self,
            object,
            name: None,
        })
    }
}

/// A name, unless the engine had no memory for it.
fn known(name: JSAtom) -> Result<JSAtom, NotWritten> {
    // The engine's `JS_ATOM_NULL`.
    if name == 0 { Err(NotWritten) } else { Ok(name) }
}

fn checked(value: JSValue) -> Written {
    // SAFETY: it looks at the value's tag alone.
    if unsafe { js::JS_IsException(value) } {
        Err(NotWritten)
    } else {
        Ok(value)
    }
}

/// The members of an object that is being made.
pub(super) struct Members {
    writer: Writer,
    object: JSValue,
    /// The name of the next member.
    name: Option<JSAtom>,
}

impl Members {
    fn add(&mut self, name: JSAtom, value: &(impl Serialize + ?Sized)) -> Result<(), NotWritten> {
        let value = value.serialize(self.writer)?;
        let context = self.writer.context;
        // SAFETY: all three are live; the object takes the value, and the name is given back.
        let defined = unsafe {
            let flags = js::JS_PROP_C_W_E as c_int;
            let defined = js::JS_DefinePropertyValue(context, self.object, name, value, flags);
            js::JS_FreeAtom(context, name);
            defined
        };
        if defined < 0 { Err(NotWritten) } else { Ok(()) }
    }
}

/// The elements of an array that is being made.
pub(super) struct Elements {
    writer: Writer,
    array: JSValue,
    length: u32,
}

impl Serializer for Writer {
    type Ok = JSValue;
    type Error = NotWritten;
    type SerializeSeq = Elements;
    type SerializeTuple = Impossible<JSValue, NotWritten>;
    type SerializeTupleStruct = Impossible<JSValue, NotWritten>;
    type SerializeTupleVariant = Impossible<JSValue, NotWritten>;
    type SerializeMap = Members;
    type SerializeStruct = Members;
    type SerializeStructVariant = Impossible<JSValue, NotWritten>;

    fn serialize_bool(self, value: bool) -> Written {
        Ok(if value { js::JS_TRUE } else { js::JS_FALSE })
    }

    fn serialize_i8(self, value: i8) -> Written {
        self.serialize_f64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Written {
        self.serialize_f64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Written {
        self.serialize_f64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Written {
        self.serialize_f64(value as f64)
    }

    fn serialize_u8(self, value: u8) -> Written {
        self.serialize_f64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Written {
        self.serialize_f64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Written {
        self.serialize_f64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Written {
        self.serialize_f64(value as f64)
    }

    fn serialize_f32(self, value: f32) -> Written {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Written {
        // SAFETY: a number is made without memory.
        Ok(unsafe { js::JS_NewNumber(self.context, value) })
    }

    fn serialize_char(self, value: char) -> Written {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Written {
        // SAFETY: the context is live.
        checked(unsafe { new_string(self.context, value) })
    }

    fn serialize_bytes(self, _: &[u8]) -> Written {
        Err(NotWritten)
    }

    fn serialize_none(self) -> Written {
        Ok(js::JS_NULL)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Written {
        Ok(js::JS_NULL)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Written {
        Ok(js::JS_NULL)
    }

    fn serialize_unit_variant(
        self,
        name: &'static str,
        number: u32,
        variant: &'static str,
    ) -> Written {
        if name != Lazy::NAME {
            return self.serialize_str(variant);
        }
        let lazy = self.lazy.ok_or(NotWritten)?;
        // SAFETY: the context is live, and the class is its runtime's.
        checked(unsafe { lazy.object(self.context, Lazy(number)) })
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Written {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Written {
        let mut members = self.object()?;
        ser::SerializeStruct::serialize_field(&mut members, variant, value)?;
        Ok(members.object)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Elements, NotWritten> {
        // SAFETY: the context is live.
        let array = checked(unsafe { js::JS_NewArray(self.context) })?;
        Ok(Elements {
            writer: self,
            array,
            length: 0,
        })
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, NotWritten> {
        Err(NotWritten)
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, NotWritten> {
        Err(NotWritten)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, NotWritten> {
        Err(NotWritten)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members, NotWritten> {
        self.object()
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Members, NotWritten> {
        self.object()
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, NotWritten> {
        Err(NotWritten)
    }
}

impl ser::SerializeSeq for Elements {
    type Ok = JSValue;
    type Error = NotWritten;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotWritten> {
        let value = value.serialize(self.writer)?;
        let context = self.writer.context;
        // SAFETY: both values are live, and the array takes the element.
        let defined = unsafe {
            let flags = js::JS_PROP_C_W_E as c_int;
            js::JS_DefinePropertyValueUint32(context, self.array, self.length, value, flags)
        };
        self.length += 1;
        if defined < 0 { Err(NotWritten) } else { Ok(()) }
    }

    fn end(self) -> Written {
        Ok(self.array)
    }
}

impl ser::SerializeMap for Members {
    type Ok = JSValue;
    type Error = NotWritten;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), NotWritten> {
        let key = key.serialize(self.writer)?;
        let context = self.writer.context;
        // SAFETY: the key is a live value, which is given back.
        let name = unsafe {
            let name = js::JS_ValueToAtom(context, key);
            js::JS_FreeValue(context, key);
            name
        };
        self.name = Some(known(name)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotWritten> {
        let name = self.name.take().ok_or(NotWritten)?;
        self.add(name, value)
    }

    fn end(self) -> Written {
        Ok(self.object)
    }
}

impl ser::SerializeStruct for Members {
    type Ok = JSValue;
    type Error = NotWritten;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), NotWritten> {
        // SAFETY: the engine copies that many bytes. It takes UTF-8 for other names, but names of fields are ASCII.
        let name = unsafe {
            let length = name.len() as js::size_t;
            js::JS_NewAtomLen(self.writer.context, name.as_ptr().cast(), length)
        };
        self.add(known(name)?, value)
    }

    fn end(self) -> Written {
        Ok(self.object)
    }
}
