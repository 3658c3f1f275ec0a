//! What a function finds in its global scope and in its modules, in JavaScript.
//!
//! The sources are evaluated once, in the order of [`SOURCES`], in a fresh context and before any program is added to it. Each is a classic script whose value is a function; it is called with two objects, `host` and `internal`.
//! `internal` is an empty object in which the sources leave things for each other, and which user code can't reach.
//! `host` has the native functions of the table below, as properties that are set before the first source. What
//! a run needs of them is left in `internal` by the last source, `run.js`; what is done before a program's image is taken, by
//! `lazy.js` (`prepare`) and `run.js` (`bindImport`).
//!
//! Each run begins with a copy of all that the sources leave behind, so that this has to be little: what few functions need is in
//! [`ON_DEMAND`], what is seldom called is looked up in `internal` and has no variable, and what makes garbage comes before what
//! stays.
//!
//! The file name of a source is empty for the engine, but for that of [`NAMED`]. User code has to have another one, and the lines and
//! columns of `host.sourceLine`. It is a classic script, strict, in the same context; a default import
//! `import x from 'm'` is a global binding.
//!
//! | host function | what it does |
//! |---|---|
//! | `runtime()` | `'1.0'` or `'2.0'`: asked while the sources are evaluated |
//! | `uses(word)` | whether the program's text has a word: asked by `prepare`, which asks nothing else |
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
//! | `load(name)` | the value of a source of [`ON_DEMAND`] |
//! | `hasten()` | has the engine ask at its next step whether the run is to be stopped |
//! | `sourceLine(line)` | the user's source of a line, from 1; an empty string beyond it |
//!
//! Arguments are of the types that the table says, whatever user code does; a buffer may have been emptied by it.
//!
//! The prelude needs these of the engine: the base objects, Date, RegExp with its compiler, JSON, typed arrays,
//! Promise. `Eval` isn't needed at run time.

use std::ffi::CStr;

/// The sources by name, in the order in which they are evaluated.
pub(crate) const SOURCES: &[(&CStr, &str)] = &[
    (c"prelude/primordials.js", include_str!("primordials.js")),
    (c"prelude/messages.js", include_str!("messages.js")),
    (c"prelude/errors.js", include_str!("errors.js")),
    (c"prelude/scrub.js", include_str!("scrub.js")),
    (c"prelude/lazy.js", include_str!("lazy.js")),
    (c"prelude/bytestrings.js", include_str!("bytestrings.js")),
    (c"prelude/json.js", include_str!("json.js")),
    (c"prelude/console.js", include_str!("console.js")),
    (c"prelude/modules.js", include_str!("modules.js")),
    (c"prelude/guards.js", include_str!("guards.js")),
    (c"prelude/searches.js", include_str!("searches.js")),
    (c"prelude/run.js", include_str!("run.js")),
];

/// The source that has a file name, by which errors that code makes itself are told from the engine's.
pub(crate) const NAMED: &CStr = c"prelude/errors.js";

/// The sources that no image has, as few functions need them: `host.load(name)` gives the function that one's value is.
pub(crate) const ON_DEMAND: &[(&CStr, &str)] = &[
    (c"prelude/bind.js", include_str!("bind.js")),
    (c"prelude/callsite.js", include_str!("callsite.js")),
    (c"prelude/cbor.js", include_str!("cbor.js")),
    (c"prelude/concat.js", include_str!("concat.js")),
    (c"prelude/cwt.js", include_str!("cwt.js")),
    (c"prelude/texts.js", include_str!("texts.js")),
    (c"prelude/dump.js", include_str!("dump.js")),
    (c"prelude/jsonerrors.js", include_str!("jsonerrors.js")),
    (c"prelude/names.js", include_str!("names.js")),
    (c"prelude/patterns.js", include_str!("patterns.js")),
    (c"prelude/regexp.js", include_str!("regexp.js")),
    (c"prelude/text.js", include_str!("text.js")),
    (c"prelude/bytes.js", include_str!("bytes.js")),
    (c"prelude/buffer.js", include_str!("buffer.js")),
    (c"prelude/crypto.js", include_str!("crypto.js")),
    (c"prelude/querystring.js", include_str!("querystring.js")),
    (c"prelude/cloudfront.js", include_str!("cloudfront.js")),
    (c"prelude/date.js", include_str!("date.js")),
];
