//! What the prelude's JavaScript asks Rust for: bytes and hashes, the store, the run's time, its logs.

use std::borrow::Cow;
use std::ffi::CStr;
use std::sync::Arc;

use fastrand::Rng;
use keyfront_model::FunctionRuntime;

use crate::digest::Algorithm;
use crate::engine::{Argument, Native, Reply};
use crate::event::{EventType, Logs};
use crate::program::Program;
use crate::run::{EdgeLocation, Input, KeyRead, OriginChange};
use crate::store::StoreReader;
use crate::text::{from_base64, from_hex, to_base64, to_hex};

/// A native function.
type Function = for<'a> fn(&'a mut Host, &[Argument<'_>]) -> Reply<'a>;

/// The functions that answer while an engine is built, too: the runtime's version, and whether the program's text has a word.
const RUNTIME: &CStr = c"runtime";
const USES: &CStr = c"uses";

/// All of them, under the names that the prelude calls them by.
const FUNCTIONS: &[(&CStr, Function)] = &[
    (RUNTIME, |host, _| version(host.program.runtime())),
    (USES, |host, arguments| uses(Some(&host.program), arguments)),
    (c"log", |host, arguments| {
        if let [Argument::Text(line), ..] = arguments {
            host.logs.push(line);
        }
        Reply::Nothing
    }),
    (c"now", |host, _| Reply::Number(host.now)),
    (c"random", |host, _| Reply::Number(host.random.f64())),
    (c"sourceLine", |host, arguments| match arguments {
        [Argument::Number(line), ..] => reply(host.program.line(*line as usize)),
        _ => Reply::Nothing,
    }),
    (c"utf8Encode", |_, arguments| match arguments {
        [Argument::Text(text), ..] => Reply::Bytes(text.as_bytes().to_vec()),
        _ => Reply::Refused,
    }),
    (c"utf8Decode", |_, arguments| {
        let Some(bytes) = slice(arguments) else {
            return Reply::Refused;
        };
        let fatal = matches!(arguments, [_, _, _, Argument::Bool(true), ..]);
        match std::str::from_utf8(bytes) {
            Ok(text) => Reply::Text(text.to_owned().into()),
            Err(_) if fatal => Reply::Nothing,
            Err(_) => Reply::Text(String::from_utf8_lossy(bytes).into_owned().into()),
        }
    }),
    (c"base64Encode", |_, arguments| {
        let url = matches!(arguments, [_, _, _, Argument::Bool(true), ..]);
        slice(arguments).map_or(Reply::Refused, |bytes| {
            Reply::Text(to_base64(bytes, url).into())
        })
    }),
    (c"base64Decode", |_, arguments| match arguments {
        [Argument::Text(text), ..] => Reply::Bytes(from_base64(text)),
        _ => Reply::Refused,
    }),
    (c"hexEncode", |_, arguments| {
        slice(arguments).map_or(Reply::Refused, |bytes| Reply::Text(to_hex(bytes).into()))
    }),
    (c"hexDecode", |_, arguments| match arguments {
        [Argument::Text(text), ..] => Reply::Bytes(from_hex(text)),
        _ => Reply::Refused,
    }),
    (c"hash", |_, arguments| match arguments {
        [Argument::Text(name), Argument::Bytes(bytes), ..] => Algorithm::named(name)
            .map_or(Reply::Refused, |algorithm| {
                Reply::Bytes(algorithm.hash(bytes))
            }),
        _ => Reply::Refused,
    }),
    (c"hmac", |_, arguments| match arguments {
        [
            Argument::Text(name),
            Argument::Bytes(key),
            Argument::Bytes(bytes),
            ..,
        ] => Algorithm::named(name).map_or(Reply::Refused, |algorithm| {
            Reply::Bytes(algorithm.hmac(key, bytes))
        }),
        _ => Reply::Refused,
    }),
    (c"kvsId", |host, _| {
        reply(host.store.as_ref().map(|store| store.id().to_string()))
    }),
    (c"kvsGet", |host, arguments| match arguments {
        [Argument::Text(key), ..] => reply(host.read(key, |store, key| store.get(key))),
        _ => Reply::Nothing,
    }),
    (c"kvsHas", |host, arguments| match arguments {
        [Argument::Text(key), ..] => Reply::Bool(
            host.read(key, |store, key| store.get(key).map(drop))
                .is_some(),
        ),
        _ => Reply::Bool(false),
    }),
    (c"kvsMeta", |host, _| match &host.store {
        Some(store) => Reply::Object(vec![
            (
                c"creationDateTime",
                Reply::Text(store.created().to_string().into()),
            ),
            (
                c"lastUpdatedDateTime",
                Reply::Text(store.modified().to_string().into()),
            ),
            (c"keyCount", Reply::Number(store.key_count() as f64)),
        ]),
        None => Reply::Nothing,
    }),
    (c"edgeLocation", |host, _| match &host.edge {
        Some(edge) => Reply::Object(vec![
            (c"name", Reply::Text(edge.name.as_str().into())),
            (c"serverIp", Reply::Text(edge.server_ip.as_str().into())),
            (c"region", Reply::Text(edge.region.as_str().into())),
        ]),
        None => Reply::Nothing,
    }),
    (c"origin", |host, arguments| {
        if let [Argument::Text(kind), Argument::Text(json), ..] = arguments {
            host.origin = Some(OriginChange {
                kind: kind.to_string(),
                json: json.to_string(),
            });
        }
        Reply::Nothing
    }),
    (c"rawQuery", |host, _| reply(host.raw_query.as_deref())),
    (c"eventType", |host, _| Reply::Text(host.event_type.into())),
];

/// The names of the functions, in their order.
pub(crate) fn names() -> Vec<&'static CStr> {
    FUNCTIONS.iter().map(|(name, _)| *name).collect()
}

/// How many reads of keys are told.
const MAX_READS: usize = 200;

/// The native functions of one run, and what they have noted.
pub(crate) struct Host {
    program: Arc<Program>,
    store: Option<Arc<dyn StoreReader>>,
    edge: Option<EdgeLocation>,
    raw_query: Option<String>,
    event_type: &'static str,
    now: f64,
    random: Rng,
    pub(crate) logs: Logs,
    pub(crate) reads: Vec<KeyRead>,
    pub(crate) origin: Option<OriginChange>,
}

impl Host {
    pub(crate) fn new(program: Arc<Program>, input: &Input) -> Self {
        Self {
            program,
            store: input.store.clone(),
            edge: input.edge.clone(),
            raw_query: input.event.request.raw_query.clone(),
            event_type: match input.event.event_type() {
                EventType::ViewerRequest => "viewer-request",
                EventType::ViewerResponse => "viewer-response",
            },
            now: input.now.millis() as f64,
            random: Rng::with_seed(input.seed),
            logs: Logs::default(),
            reads: Vec::new(),
            origin: None,
        }
    }

    /// Reads a key, and notes whether it was there.
    fn read<'a, T>(
        &'a mut self,
        key: &str,
        read: impl FnOnce(&'a dyn StoreReader, &str) -> Option<T>,
    ) -> Option<T> {
        let value = self.store.as_deref().and_then(|store| read(store, key));
        if self.reads.len() < MAX_READS {
            self.reads.push(KeyRead {
                key: key.to_owned(),
                hit: value.is_some(),
            });
        }
        value
    }
}

impl Native for Host {
    fn call(&mut self, function: usize, arguments: &[Argument<'_>]) -> Reply<'_> {
        FUNCTIONS
            .get(function)
            .map_or(Reply::Refused, |(_, function)| function(self, arguments))
    }
}

fn reply<'a>(text: Option<impl Into<Cow<'a, str>>>) -> Reply<'a> {
    text.map_or(Reply::Nothing, |text| Reply::Text(text.into()))
}

fn version(runtime: FunctionRuntime) -> Reply<'static> {
    Reply::Text(Cow::Borrowed(match runtime {
        FunctionRuntime::Js1 => "1.0",
        FunctionRuntime::Js2 => "2.0",
    }))
}

fn uses(program: Option<&Program>, arguments: &[Argument<'_>]) -> Reply<'static> {
    match (program, arguments) {
        (Some(program), [Argument::Text(word), ..]) => Reply::Bool(program.has(word)),
        _ => Reply::Refused,
    }
}

/// The native functions while an engine is built or a program added to it, when there is neither an event nor a time.
pub(crate) struct Building<'a> {
    version: FunctionRuntime,
    program: Option<&'a Program>,
}

impl<'a> Building<'a> {
    /// While an engine is built.
    pub(crate) fn new(version: FunctionRuntime) -> Self {
        Self {
            version,
            program: None,
        }
    }

    /// While a program is added.
    pub(crate) fn of(program: &'a Program) -> Self {
        Self {
            version: program.runtime(),
            program: Some(program),
        }
    }
}

impl Native for Building<'_> {
    fn call(&mut self, function: usize, arguments: &[Argument<'_>]) -> Reply<'_> {
        match FUNCTIONS.get(function) {
            Some((name, _)) if *name == RUNTIME => version(self.version),
            Some((name, _)) if *name == USES => uses(self.program, arguments),
            _ => Reply::Refused,
        }
    }
}

/// The part of a buffer that offset and length name; `None` where there is no such part.
fn slice<'a>(arguments: &'a [Argument<'_>]) -> Option<&'a [u8]> {
    let [
        Argument::Bytes(bytes),
        Argument::Number(offset),
        Argument::Number(length),
        ..,
    ] = arguments
    else {
        return None;
    };
    // The prelude has whole numbers; others become some number, which is checked.
    let (offset, length) = (*offset as usize, *length as usize);
    bytes.get(offset..offset.checked_add(length)?)
}
