use crate::endpoint::Endpoint;

/// The option that makes Node.js run some lines before the program: from 18.18 on it takes them in a
/// URL, so that no file has to be kept anywhere.
const OPTION: &str = "--import=data:text/javascript,";

/// The value of `NODE_OPTIONS` with which Node.js finds Keyfront at any account's name below `name`,
/// whatever this machine can resolve. All its HTTP clients look names up by `dns.lookup`.
pub(crate) fn options(existing: Option<&str>, endpoint: &Endpoint, name: &str) -> String {
    let ours = format!("{OPTION}{}", encode(&script(endpoint, name)));
    match existing {
        Some(existing) if existing.contains(&ours) => existing.to_owned(),
        Some(existing) => format!("{existing} {ours}"),
        None => ours,
    }
}

fn script(endpoint: &Endpoint, name: &str) -> String {
    let name = name.replace('.', "[.]");
    let host = endpoint.host.bare();
    // The properties go with the function, because `util.promisify` reads some of them.
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

/// Percent-encodes what has a meaning in a URL, in `NODE_OPTIONS` or to a shell.
fn encode(script: &str) -> String {
    let mut out = String::new();
    for byte in script.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.,:=/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_is_there_and_adds_itself_once() {
        let endpoint: Endpoint = "http://127.0.0.1:4566".parse().unwrap();
        let first = options(Some("--max-old-space-size=512"), &endpoint, "localhost");
        assert!(
            first
                .starts_with("--max-old-space-size=512 --import=data:text/javascript,import%20dns")
        );
        assert_eq!(first.split(' ').count(), 2);
        assert_eq!(options(Some(&first), &endpoint, "localhost"), first);
    }

    #[test]
    fn a_shell_finds_nothing_to_expand() {
        let endpoint: Endpoint = "http://[::1]:4566".parse().unwrap();
        let text = options(None, &endpoint, "keyfront.invalid");
        let (_, script) = text.split_once(',').unwrap();
        assert!(script.contains("%27::1%27"));
        assert!(
            script
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.,:=/%".contains(&b))
        );
    }
}
