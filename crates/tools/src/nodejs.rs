//! How Node.js is made to resolve the data plane's host.

use std::ffi::{OsStr, OsString};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::endpoint::Endpoint;
use crate::environment::with_option;

/// Makes Node.js run some lines before the program. It takes them in a URL since version 18.18, so
/// that no file has to be kept anywhere.
const IMPORT_OPTION: &str = "--import=data:text/javascript,";

/// What has no meaning in a URL, in `NODE_OPTIONS` or to a shell. The rest is encoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b',')
    .remove(b':')
    .remove(b'=')
    .remove(b'/');

/// The value of `NODE_OPTIONS` with which Node.js finds Keyfront at any account's name below `name`,
/// whatever this machine can resolve. The options that are there already are kept byte for byte.
pub(crate) fn options(existing: Option<&OsStr>, endpoint: &Endpoint, name: &str) -> OsString {
    let script = script(endpoint, name);
    let ours = format!("{IMPORT_OPTION}{}", utf8_percent_encode(&script, ENCODED));
    with_option(existing, OsStr::new(&ours))
}

/// The lines that make `dns.lookup` answer for any account's name below `name`. All HTTP clients of
/// Node.js look names up by it, and so does Bun's `node:http`. Its properties go with the function,
/// because `util.promisify` reads some of them.
pub(crate) fn script(endpoint: &Endpoint, name: &str) -> String {
    let name = name.replace('.', "[.]");
    let host = endpoint.host.bare();
    [
        "import dns from 'node:dns';".to_owned(),
        "import { syncBuiltinESMExports } from 'node:module';".to_owned(),
        "const lookup = dns.lookup;".to_owned(),
        format!("const ours = /^[0-9]{{12}}[.]{name}$/i;"),
        format!(
            "dns.lookup = (name, ...rest) => lookup(ours.test(name) ? '{host}' : name, ...rest);"
        ),
        "Object.defineProperties(dns.lookup, Object.getOwnPropertyDescriptors(lookup));".to_owned(),
        "syncBuiltinESMExports();".to_owned(),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[test]
    fn keeps_what_is_there_and_adds_itself_once() {
        let endpoint: Endpoint = "http://127.0.0.1:4566".parse().unwrap();
        let existing = OsStr::new("--max-old-space-size=512");
        let first = options(Some(existing), &endpoint, "localhost");
        let text = first.to_str().unwrap();
        assert!(
            text.starts_with("--max-old-space-size=512 --import=data:text/javascript,import%20dns")
        );
        assert_eq!(text.split(' ').count(), 2);
        assert_eq!(options(Some(&first), &endpoint, "localhost"), first);
    }

    #[test]
    fn options_that_are_not_utf8_are_kept() {
        let endpoint: Endpoint = "http://127.0.0.1:4566".parse().unwrap();
        let existing = OsStr::from_bytes(b"--require=/srv/\xff.js");
        let both = options(Some(existing), &endpoint, "localhost");
        assert!(
            both.as_bytes()
                .starts_with(b"--require=/srv/\xff.js --import=data:")
        );
    }

    #[test]
    fn a_shell_finds_nothing_to_expand() {
        let endpoint: Endpoint = "http://[::1]:4566".parse().unwrap();
        let text = options(None, &endpoint, "keyfront.invalid");
        let (_, script) = text.to_str().unwrap().split_once(',').unwrap();
        assert!(script.contains("%27::1%27"));
        assert!(
            script
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.,:=/%".contains(&b))
        );
    }
}
