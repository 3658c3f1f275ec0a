//! What a function finds in its global scope and in its modules, in JavaScript.
//!
//! The sources are evaluated once, in the order of [`SOURCES`], in a fresh context and before its memory image is
//! taken. Each is a classic script whose value is a function; it is called with two objects, `host` and `internal`.
//! `internal` is an empty object in which the sources leave things for each other, and which user code can't reach.
//! `host` has the native functions of the table below, as properties that are set before the first source. The
//! value of the last source's function is the driver of runs: an object with the functions `begin(eventText)`,
//! `settle()` and `failure(thrown)`, which `run.js` describes.
//!
//! The name of a source is its file name for the engine. User code has to have another one, and the lines and
//! columns of `host.sourceLine`. It is a classic script, strict, in the same context; a default import
//! `import x from 'm'` is compiled as `const x = require('m')` in front of everything else.
//!
//! | host function | what it does |
//! |---|---|
//! | `runtime()` | `'1.0'` or `'2.0'`: asked while the sources are evaluated, as is nothing else |
//! | `log(string)` | takes a line for the log |
//! | `now()` | the run's time, in ms since 1970: it stands still |
//! | `random()` | a number from 0 to 1, from the run's seed |
//! | `utf8Encode(string)` | an ArrayBuffer; half a surrogate pair is U+FFFD |
//! | `utf8Decode(arrayBuffer, offset, length, fatal)` | a string; what isn't UTF-8 is U+FFFD, or if `fatal` makes it `undefined` |
//! | `base64Encode(arrayBuffer, offset, length, url)`, `hexEncode(arrayBuffer, offset, length)` | a string; `url` is without padding |
//! | `base64Decode(string)` | an ArrayBuffer; both alphabets; it stops at the first character of neither |
//! | `hexDecode(string)` | an ArrayBuffer; it stops at the first pair that isn't hexadecimal |
//! | `hash(algorithm, arrayBuffer)` | an ArrayBuffer; the algorithm is `md5`, `sha1` or `sha256` |
//! | `hmac(algorithm, keyArrayBuffer, arrayBuffer)` | an ArrayBuffer |
//! | `kvsId()` | the id of the associated store, or `undefined` |
//! | `kvsGet(key)`, `kvsHas(key)` | a value as a string, or `undefined`; a boolean |
//! | `kvsMeta()` | `{creationDateTime, lastUpdatedDateTime, keyCount}` of the associated store |
//! | `edgeLocation()` | `{name, serverIp, region}`, or `undefined` where a function sees none |
//! | `rawQuery()` | the query string without its `?`, or `undefined` without one |
//! | `origin(kind, json)` | takes a change of the origin, to be checked after the run: `update`, `select`, `group` |
//! | `sourceLine(line)` | the user's source of a line, from 1; an empty string beyond it |
//! | `promiseState(value)` | -1 for what is no promise, 0 pending, 1 fulfilled, 2 rejected |
//! | `promiseResult(promise)` | the value or the reason of a settled promise; the promise counts as handled |
//!
//! Arguments are of the types that the table says, whatever user code does; a buffer may have been emptied by it.
//!
//! The prelude needs these of the engine: the base objects, Date, RegExp with its compiler, JSON, typed arrays,
//! Promise, WeakMap (with the maps). `Eval` isn't needed
//! at run time.

/// The sources by name, in the order in which they are evaluated.
pub(crate) const SOURCES: &[(&str, &str)] = &[
    ("prelude/primordials.js", include_str!("primordials.js")),
    ("prelude/bytes.js", include_str!("bytes.js")),
    ("prelude/buffer.js", include_str!("buffer.js")),
    ("prelude/bytestrings.js", include_str!("bytestrings.js")),
    ("prelude/crypto.js", include_str!("crypto.js")),
    ("prelude/querystring.js", include_str!("querystring.js")),
    ("prelude/cloudfront.js", include_str!("cloudfront.js")),
    ("prelude/json.js", include_str!("json.js")),
    ("prelude/date.js", include_str!("date.js")),
    ("prelude/regexp.js", include_str!("regexp.js")),
    ("prelude/dump.js", include_str!("dump.js")),
    ("prelude/console.js", include_str!("console.js")),
    ("prelude/modules.js", include_str!("modules.js")),
    ("prelude/guards.js", include_str!("guards.js")),
    ("prelude/callsite.js", include_str!("callsite.js")),
    ("prelude/errors.js", include_str!("errors.js")),
    ("prelude/scrub.js", include_str!("scrub.js")),
    ("prelude/run.js", include_str!("run.js")),
];
