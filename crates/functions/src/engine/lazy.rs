//! Objects that are made when a function first looks into them.
//!
//! To make all headers, parameters and cookies of a request, and to read them again where a handler gives them back, takes longer
//! than to run most functions, which look into few of them. So each such object is lazy: of a class of its own that has no
//! properties, whose methods hand on what is asked of it to an ordinary object, made when it is first asked. A function can tell it
//! from one in one thing alone (see [`METHODS`]). What a handler gives back without a look stays what it was (see [`Given::unseen`]).

use std::ffi::{c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use rquickjs_sys as js;
use rquickjs_sys::{
    JSAtom, JSClassDef, JSClassExoticMethods, JSClassID, JSContext, JSPropertyDescriptor,
    JSPropertyEnum, JSRuntime, JSValue,
};
use serde::{Serialize, Serializer};

use super::native::Link;
use super::write::{NotWritten, Writer};

/// What a handler is given: plain data, in which a [`Lazy`] may stand for an object.
pub(crate) trait Given {
    /// What stands for a lazy object that the function did not look into.
    type Unseen<'a>
    where
        Self: 'a;

    /// All of it.
    fn whole(&self) -> impl Serialize;

    /// What a lazy object is made as.
    fn object(&self, lazy: Lazy) -> impl Serialize;

    /// What stands for it where the handler gave it back and nobody looked into it. If there is nothing, it is read like any object.
    fn unseen(&self, lazy: Lazy) -> Option<Self::Unseen<'_>>;
}

/// An object of what a handler is given, by a number of the giver's. It is serialized in the place of its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lazy(pub(crate) u32);

impl Lazy {
    /// What a [`Writer`] knows it by.
    pub(super) const NAME: &str = "keyfront_functions::engine::Lazy";
}

impl Serialize for Lazy {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_unit_variant(Self::NAME, self.0, "lazy")
    }
}

/// What makes lazy objects.
pub(super) trait MakeObject {
    fn make(&self, lazy: Lazy, to: Writer) -> Result<JSValue, NotWritten>;
}

impl<G: Given> MakeObject for G {
    fn make(&self, lazy: Lazy, to: Writer) -> Result<JSValue, NotWritten> {
        self.object(lazy).serialize(to)
    }
}

/// The class of lazy objects. What the engine keeps for an object of it is either its number, shifted to be odd, or the address of the
/// object that was made of it, which is even.
#[derive(Clone, Copy)]
pub(super) struct LazyClass {
    id: JSClassID,
    /// What all plain objects inherit from.
    prototype: JSValue,
}

/// Registers the class with a runtime that has no context yet.
///
/// # Safety
///
/// The runtime is a live one on this thread, and its opaque pointer a [`Link`].
pub(super) unsafe fn register(runtime: *mut JSRuntime) -> Option<JSClassID> {
    let class = JSClassDef {
        class_name: c"Object".as_ptr(),
        finalizer: None,
        // A collection that doesn't see the object behind a lazy one takes it for one that is in use.
        gc_mark: None,
        call: None,
        // The engine only reads it.
        exotic: (&raw const METHODS).cast_mut(),
    };
    let mut id = js::JS_INVALID_CLASS_ID;
    // SAFETY: the engine copies the definition, and the methods are there for ever.
    unsafe {
        js::JS_NewClassID(runtime, &raw mut id);
        (js::JS_NewClass(runtime, id, &raw const class) == 0).then_some(id)
    }
}

impl LazyClass {
    /// # Safety
    ///
    /// The class was registered with the context's runtime.
    pub(super) unsafe fn new(context: *mut JSContext, id: JSClassID) -> Self {
        // SAFETY: a plain object is made to ask for its prototype, which the image keeps.
        let prototype = unsafe {
            let object = js::JS_NewObject(context);
            let prototype = js::JS_GetPrototype(context, object);
            js::JS_FreeValue(context, object);
            prototype
        };
        Self { id, prototype }
    }

    /// A lazy object; an exception if there is no memory for it.
    ///
    /// # Safety
    ///
    /// The context is a live one on this thread, of the runtime with which the class was registered.
    pub(super) unsafe fn object(self, context: *mut JSContext, lazy: Lazy) -> JSValue {
        let number = (lazy.0 as usize) << 1 | 1;
        // SAFETY: the caller's promise; nothing follows the number as if it were an address.
        unsafe {
            let object = js::JS_NewObjectProtoClass(context, self.prototype, self.id);
            if !js::JS_IsException(object) {
                js::JS_SetOpaque(object, ptr::without_provenance_mut(number));
            }
            object
        }
    }

    /// Whether a value is of this class.
    pub(super) fn has(self, value: JSValue) -> bool {
        // SAFETY: it gives no class of what is no object.
        unsafe { js::JS_GetClassID(value) == self.id }
    }

    /// Which lazy object it is, if it is one that was not looked into.
    pub(super) fn unseen(self, value: JSValue) -> Option<Lazy> {
        // SAFETY: it gives null for all that is not of this class.
        number_in(unsafe { js::JS_GetOpaque(value, self.id) })
    }
}

fn number_in(kept: *mut c_void) -> Option<Lazy> {
    let number = kept.addr();
    let is_number = number & 1 == 1;
    // It was made of such a number.
    is_number.then_some(Lazy((number >> 1) as u32))
}

/// What the engine asks of lazy objects; all else it makes of these. One thing differs from a plain object: a property with a setter
/// and no getter can't be read, where it would be undefined.
static METHODS: JSClassExoticMethods = JSClassExoticMethods {
    get_own_property: Some(get_own_property),
    get_own_property_names: Some(get_own_property_names),
    delete_property: Some(delete_property),
    define_own_property: Some(define_own_property),
    has_property: None,
    get_property: None,
    set_property: None,
};

/// The object behind a lazy one, which is made now if it was not. If that fails, an exception is thrown.
unsafe fn object_of(context: *mut JSContext, lazy: JSValue) -> Option<JSValue> {
    let mut class = js::JS_INVALID_CLASS_ID;
    // SAFETY: the engine calls with live values of this class. What was made is kept alive by this one alone, which lives.
    unsafe {
        let kept = js::JS_GetAnyOpaque(lazy, &raw mut class);
        let Some(number) = number_in(kept) else {
            return Some(js::JS_MKPTR(js::JS_TAG_OBJECT, kept));
        };
        let link = js::JS_GetRuntimeOpaque(js::JS_GetRuntime(context)).cast::<Link>();
        // A panic must not reach C, which has no way to go on from it.
        let made = catch_unwind(AssertUnwindSafe(|| {
            let given = (*link).given()?;
            given.make(number, Writer::new(context, None)).ok()
        }));
        match made {
            Ok(Some(object)) if js::JS_IsObject(object) => {
                js::JS_SetOpaque(lazy, js::JS_VALUE_GET_PTR(object));
                Some(object)
            }
            _ => {
                js::JS_ThrowInternalError(
                    context,
                    c"an object of the event could not be made".as_ptr(),
                );
                None
            }
        }
    }
}

/// What the object behind a lazy one answers; -1, as after any exception, if it can't be made.
unsafe fn ask(
    context: *mut JSContext,
    lazy: JSValue,
    answer: impl FnOnce(JSValue) -> c_int,
) -> c_int {
    // SAFETY: the engine calls with live values.
    unsafe { object_of(context, lazy) }.map_or(-1, answer)
}

unsafe extern "C" fn get_own_property(
    context: *mut JSContext,
    property: *mut JSPropertyDescriptor,
    lazy: JSValue,
    name: JSAtom,
) -> c_int {
    // SAFETY: the engine calls with live values and room for what is found, or none.
    unsafe {
        ask(context, lazy, |object| {
            js::JS_GetOwnProperty(context, property, object, name)
        })
    }
}

unsafe extern "C" fn get_own_property_names(
    context: *mut JSContext,
    names: *mut *mut JSPropertyEnum,
    count: *mut u32,
    lazy: JSValue,
) -> c_int {
    let all = js::JS_GPN_STRING_MASK | js::JS_GPN_SYMBOL_MASK;
    // SAFETY: as in `get_own_property`.
    unsafe {
        ask(context, lazy, |object| {
            js::JS_GetOwnPropertyNames(context, names, count, object, all as c_int)
        })
    }
}

unsafe extern "C" fn delete_property(
    context: *mut JSContext,
    lazy: JSValue,
    name: JSAtom,
) -> c_int {
    // SAFETY: as in `get_own_property`.
    unsafe {
        ask(context, lazy, |object| {
            js::JS_DeleteProperty(context, object, name, 0)
        })
    }
}

unsafe extern "C" fn define_own_property(
    context: *mut JSContext,
    lazy: JSValue,
    name: JSAtom,
    value: JSValue,
    getter: JSValue,
    setter: JSValue,
    flags: c_int,
) -> c_int {
    // SAFETY: as in `get_own_property`; the engine keeps its own references.
    unsafe {
        ask(context, lazy, |object| {
            // That nothing can be added is said of the lazy object, and asked of that behind it.
            if js::JS_IsExtensible(context, lazy) == 0 {
                js::JS_PreventExtensions(context, object);
            }
            js::JS_DefineProperty(context, object, name, value, getter, setter, flags)
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::execute::Ended;
    use super::super::testing::{AMPLE, Greeting, Programs};
    use super::*;
    use crate::json::Json;

    /// The same data as a lazy and as a plain object.
    struct Twice {
        data: Value,
        unseen: Option<&'static str>,
    }

    impl Given for Twice {
        type Unseen<'a> = &'static str;

        fn whole(&self) -> impl Serialize {
            #[derive(Serialize)]
            struct Whole<'a> {
                lazy: Lazy,
                plain: &'a Value,
            }
            Whole {
                lazy: Lazy(7),
                plain: &self.data,
            }
        }

        fn object(&self, lazy: Lazy) -> impl Serialize {
            (lazy == Lazy(7)).then_some(&self.data)
        }

        fn unseen(&self, _: Lazy) -> Option<&'static str> {
            self.unseen
        }
    }

    /// What functions do with an object.
    const LOOKS: &[&str] = &[
        "o",
        "o.b.value",
        "o.missing",
        "o.missing.value",
        "o['b']?.value",
        "'b' in o, 'missing' in o",
        "['b' in o, 'missing' in o, 'toString' in o]",
        "[o.hasOwnProperty('b'), Object.hasOwn(o, 'missing'), o.propertyIsEnumerable('c')]",
        "Object.keys(o)",
        "Object.values(o)",
        "Object.entries(o)",
        "Reflect.ownKeys(o)",
        "Object.getOwnPropertyNames(o)",
        "Object.getOwnPropertySymbols(o)",
        "Object.getOwnPropertyDescriptor(o, 'b')",
        "Object.getOwnPropertyDescriptors(o)",
        "[Object.getOwnPropertyDescriptor(o, 'missing')]",
        "const seen = []; for (const name in o) { seen.push(name); } return seen;",
        "const seen = []; for (const name in o) { delete o.c; seen.push(name); } return seen;",
        "Object.prototype.more = 1; const seen = []; for (const name in o) { seen.push(name); } return seen;",
        "const seen = []; for (const name in Object.create(o)) { seen.push(name); } return seen;",
        "({ ...o, d: 1 })",
        "const { b, ...rest } = o; return [b, rest];",
        "Object.assign({}, o)",
        "Object.assign(o, { b: 2, e: 3 })",
        "Object.fromEntries(Object.entries(o))",
        "JSON.stringify(o)",
        "JSON.stringify({ o }, null, 2)",
        "JSON.stringify(o, ['c', 'value'])",
        "o.b = 2; return o;",
        "o.b.value = 2; return o;",
        "o.new = 2; o[5] = 1; return [Object.keys(o), o];",
        "[delete o.b, o]",
        "[delete o.missing, o]",
        "delete o.b; o.b = 1; return Object.keys(o);",
        "[o.c++, o.c, o]",
        "o.d ??= 7; o.b &&= 8; return o;",
        "Object.defineProperty(o, 'hidden', { value: 1 }); return [Object.keys(o), o.hidden, o];",
        "Object.defineProperty(o, 'b', { enumerable: false }); return [Object.keys(o), o.b];",
        "Object.defineProperty(o, 'b', { writable: false }); o.b = 1; return o;",
        "'use strict'; Object.defineProperty(o, 'b', { writable: false }); o.b = 1; return o;",
        "'use strict'; Object.defineProperty(o, 'b', { configurable: false }); return delete o.b;",
        "Object.defineProperty(o, 'b', { configurable: false }); Object.defineProperty(o, 'b', { get() { return 1; } });",
        "Object.defineProperty(o, 'b', { configurable: false }); return [delete o.b, o];",
        "Object.defineProperty(o, 'g', { get() { return this === o; }, enumerable: true }); return [o.g, Object.create(o).g, o];",
        "let kept; Object.defineProperty(o, 's', { get() { return kept; }, set(value) { kept = [this === o, value]; } }); o.s = 3; return o.s;",
        "let kept; Object.defineProperty(o, 's', { set(value) { kept = value; } }); Object.create(o).s = 3; return kept;",
        "o.__defineGetter__('b', () => 9); return [o.b, o.__lookupGetter__('b') === undefined];",
        "Object.freeze(o); o.b = 1; o.n = 1; delete o.c; return [o, Object.isFrozen(o), Object.isSealed(o), Object.isExtensible(o)];",
        "'use strict'; Object.freeze(o); o.b = 1;",
        "'use strict'; Object.freeze(o); o.n = 1;",
        "'use strict'; Object.freeze(o); delete o.b;",
        "Object.seal(o); o.b = 1; o.n = 1; return [o, delete o.b, Object.isSealed(o), Object.isFrozen(o)];",
        "Object.preventExtensions(o); o.b = 1; o.n = 1; return [o, delete o.b, Object.keys(o), Object.isExtensible(o)];",
        "Object.preventExtensions(o); Object.defineProperty(o, 'n', { value: 1 });",
        "Object.preventExtensions(o); return [Reflect.defineProperty(o, 'n', { value: 1 }), Reflect.set(o, 'b', 1), Reflect.set(o, 'n', 1), o];",
        "Object.preventExtensions(o); Object.setPrototypeOf(o, null);",
        "[Object.isFrozen(o), Object.isSealed(o), Object.isExtensible(o)]",
        "Object.setPrototypeOf(o, { inherited: 1 }); return [o.inherited, o.toString === undefined, o];",
        "Object.setPrototypeOf(o, null); return [o.toString === undefined, Object.keys(o)];",
        "o.__proto__ = { inherited: 1 }; return [o.inherited, Object.keys(o)];",
        "[Object.getPrototypeOf(o) === Object.prototype, o.constructor === Object, o instanceof Object]",
        "Object.create(o).b",
        "const child = Object.create(o); child.b = 1; return [child.b, Object.keys(child), o];",
        "Object.defineProperty(o, 'b', { writable: false }); const child = Object.create(o); child.b = 1; return [child.b, Object.keys(child)];",
        "[typeof o, String(o), `${o}`, o + '', Object.prototype.toString.call(o), Array.isArray(o)]",
        "[o == o, o === o, Object.is(o, o), [o].indexOf(o), [o].includes(o)]",
        "o[Symbol.toStringTag] = 'Tag'; return [String(o), Object.getOwnPropertySymbols(o).length, Object.keys(o)];",
        "o[Symbol.toPrimitive] = () => 5; return o + 1;",
        "[...o]",
        "o()",
        "new o()",
        "o[Symbol.iterator] = function* () { yield 1; yield 2; }; return [...o];",
        "o.length = 2; o[0] = 'x'; o[1] = 'y'; return [Array.from(o), Array.prototype.map.call(o, (e) => e + 1), Array.prototype.slice.call(o, 1)];",
        "Array.prototype.push.call(o, 1, 2); return o;",
        "o.length = 3; Array.prototype.reverse.call(o); return o;",
        "[[1].concat(o).length, [o].flat().length, [[o]].flat(2)]",
        "o[Symbol.isConcatSpreadable] = true; o.length = 1; o[0] = 4; return [].concat(o);",
        "const f = function () { return this; }; return f.call(o) === o;",
        "(function (a, b) { return [a, b]; }).apply(null, Object.assign(o, { length: 2, 0: 'a', 1: 'b' }))",
        "class Base { constructor() { return o; } } class Private extends Base { #p = 1; static get(x) { return x.#p; } } new Private(); return [Private.get(o), Reflect.ownKeys(o)];",
        "o.toJSON = () => 'own'; return o;",
        "Object.prototype.toJSON = function () { return 'inherited'; }; return o;",
        "Object.setPrototypeOf(o, { toJSON() { return 'inherited'; } }); return [o];",
        "o.valueOf = () => 3; return [o * 2, o > 2];",
        "o.then = (resolve) => resolve(1); return o;",
        "const seen = []; for (const name in o) { o['added-' + name] = 1; seen.push(name); } return [seen, o];",
        "for (let i = 0; i < 2000; i += 1) { o['n' + i] = i; } for (let i = 0; i < 2000; i += 2) { delete o['n' + i]; } return Object.keys(o).length;",
        "o.self = o; return JSON.stringify(o);",
        "const copy = structured(o); return copy; function structured(x) { return JSON.parse(JSON.stringify(x)); }",
    ];

    fn data() -> Value {
        json!({ "b": { "value": "1" }, "42": { "value": "4", "multiValue": [{ "value": "4" }, { "value": "ä" }] }, "c": 3, "": null, "7": [], "toString2": "x" })
    }

    #[test]
    fn a_lazy_object_looks_like_a_plain_object() {
        for look in LOOKS {
            let body = if look.contains(';') {
                (*look).to_owned()
            } else {
                format!("return {look};")
            };
            let source = format!(
                "function look(o) {{ {body} }}
                 function seen(o) {{ try {{ return JSON.stringify([look(o)]); }} catch (e) {{ return String(e); }} }}
                 function handler(event) {{
                     const lazy = seen(event.lazy);
                     delete Object.prototype.toJSON; delete Object.prototype.more;
                     const plain = seen(event.plain);
                     delete Object.prototype.toJSON; delete Object.prototype.more;
                     return [lazy, plain];
                 }}"
            );
            let mut programs = Programs::new(&[&source]);
            let given = Twice {
                data: data(),
                unseen: Some("unseen"),
            };
            for _ in 0..2 {
                let ended = programs.run_given(0, &given, &mut Greeting(Vec::new()), AMPLE);
                let Ended::Data(Json::Array(seen)) = ended else {
                    panic!("{look}: {ended:?}");
                };
                assert_eq!(seen[0], seen[1], "{look}");
            }
        }
    }

    #[test]
    fn a_lazy_object_that_is_given_back_is_kept_until_it_is_looked_into() {
        let whole = r#"{"b":{"value":"1"}}"#;
        for (returned, expected) in [
            ("event", r#"{"lazy":"kept","plain":{"b":{"value":"1"}}}"#),
            ("[event.lazy, event.lazy]", r#"["kept","kept"]"#),
            ("({ ...event }).lazy", "\"kept\""),
            ("Object.freeze(event).lazy", "\"kept\""),
            ("event.lazy.b && event.lazy", whole),
            ("event.lazy.none || event.lazy", whole),
            ("(Object.keys(event.lazy), event.lazy)", whole),
            ("(delete event.lazy.none, event.lazy)", whole),
            ("(delete event.lazy.b, event.lazy)", "{}"),
            ("Object.freeze(event.lazy)", whole),
            (
                "(event.lazy.c = 1, event.lazy)",
                r#"{"b":{"value":"1"},"c":1}"#,
            ),
            (
                "(Object.defineProperty(event.lazy, 'b', { enumerable: false }), event.lazy)",
                "{}",
            ),
        ] {
            let source = format!("function handler(event) {{ return [{returned}]; }}");
            let mut programs = Programs::new(&[&source]);
            let given = Twice {
                data: json!({ "b": { "value": "1" } }),
                unseen: Some("kept"),
            };
            let ended = programs.run_given(0, &given, &mut Greeting(Vec::new()), AMPLE);
            let Ended::Data(data) = ended else {
                panic!("{returned}: {ended:?}");
            };
            assert_eq!(printed(&data), format!("[{expected}]"), "{returned}");
        }
    }

    #[test]
    fn a_lazy_object_for_which_nothing_stands_is_read() {
        for (returned, is_json) in [
            ("event.lazy", false),
            (
                "Object.setPrototypeOf(event.lazy, { toJSON() { return { b: 1 }; } })",
                true,
            ),
        ] {
            let source = format!("function handler(event) {{ return {returned}; }}");
            let mut programs = Programs::new(&[&source]);
            let given = Twice {
                data: json!({ "b": 1 }),
                unseen: if is_json { Some("kept") } else { None },
            };
            match programs.run_given(0, &given, &mut Greeting(Vec::new()), AMPLE) {
                Ended::Data(data) if !is_json => assert_eq!(printed(&data), r#"{"b":1}"#),
                Ended::Json(json) if is_json => assert_eq!(json, r#"{"b":1}"#),
                other => panic!("{returned}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_lazy_object_without_memory_ends_the_run() {
        let sources = [
            "function handler(event) { try { event.lazy.b; } catch (e) {} return {}; }",
            "function handler(event) { return { plain: event.lazy }; }",
        ];
        let mut programs = Programs::new(&sources);
        let large = Value::String("x".repeat(3 << 20));
        // As a plain object it would take the memory before the handler runs.
        struct Large(Value);
        impl Given for Large {
            type Unseen<'a> = ();

            fn whole(&self) -> impl Serialize {
                #[derive(Serialize)]
                struct Whole {
                    lazy: Lazy,
                }
                Whole { lazy: Lazy(0) }
            }

            fn object(&self, _: Lazy) -> impl Serialize {
                json!({ "b": self.0 })
            }

            fn unseen(&self, _: Lazy) -> Option<()> {
                Some(())
            }
        }
        let given = Large(large);
        let before = programs.counted(0);
        let mut native = Greeting(Vec::new());
        let ended = programs.run_given(0, &given, &mut native, AMPLE);
        assert_eq!(ended, Ended::Exhausted);
        assert_eq!(programs.counted(0), before);
        let ended = programs.run_given(1, &given, &mut native, AMPLE);
        assert!(matches!(ended, Ended::Data(_)), "{ended:?}");
    }

    /// JSON, with a string for what is kept.
    fn printed(data: &Json<std::borrow::Cow<'_, str>, &'static str>) -> String {
        fn value(data: &Json<std::borrow::Cow<'_, str>, &'static str>) -> Value {
            match data {
                Json::Null => Value::Null,
                Json::Bool(bool) => json!(bool),
                Json::Number(number) if number.fract() == 0.0 => json!(*number as i64),
                Json::Number(number) => json!(number),
                Json::String(text) => json!(text),
                Json::Array(items) => items.iter().map(value).collect(),
                Json::Object(members) => members
                    .iter()
                    .map(|(name, member)| (name.to_string(), value(member)))
                    .collect(),
                Json::Unseen(kept) => json!(kept),
            }
        }
        value(data).to_string()
    }
}
