use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, anyhow};
use serde::{Deserialize, Deserializer};

use super::ServeOptions;

/// Reads a configuration file, whose relative paths lie beside it.
pub(super) fn read(path: &Path) -> anyhow::Result<ServeOptions> {
    let text = read_text(path)
        .with_context(|| format!("the configuration file {} can't be read", path.display()))?;
    let mut options: ServeOptions = toml::from_str(&text).map_err(|error| {
        let (path, at) = (path.display(), line(&text, error.span()));
        anyhow!(
            "the configuration file {path} is wrong{at}: {}",
            reason(&error)
        )
    })?;
    place_beside(&mut options, path);
    Ok(options)
}

/// More than all options need; a device has no end.
const MAX_FILE_BYTES: u64 = 16 * 1024 * 1024;

fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let read = File::open(path)?
        .take(MAX_FILE_BYTES + 1)
        .read_to_string(&mut text)?;
    if read as u64 > MAX_FILE_BYTES {
        return Err(io::Error::other(format!(
            "it has more than {MAX_FILE_BYTES} bytes"
        )));
    }
    Ok(text)
}

fn place_beside(options: &mut ServeOptions, file: &Path) {
    let folder = file.parent().unwrap_or(Path::new(""));
    let paths = [
        &mut options.data,
        &mut options.credentials,
        &mut options.buckets,
        &mut options.tls_certificate,
        &mut options.tls_key,
    ];
    for path in paths.into_iter().flatten() {
        *path = folder.join(&path);
    }
}

/// Where an error is, without the text there: it may be a secret.
fn line(text: &str, span: Option<Range<usize>>) -> String {
    let before = span.and_then(|span| text.get(..span.start));
    before.map_or(String::new(), |before| {
        format!(", line {}", before.matches('\n').count() + 1)
    })
}

/// What is wrong, without the value that has another type than expected.
fn reason(error: &toml::de::Error) -> String {
    let message = error.message();
    match message.rsplit_once(", expected ") {
        Some((_, expected)) if message.starts_with("invalid ") => format!("expected {expected}"),
        _ => message.to_owned(),
    }
}

/// A list, or its only member.
pub(super) fn one_or_more<'de, D: Deserializer<'de>>(
    value: D,
) -> Result<Option<Vec<String>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a string or a list of strings")]
    enum OneOrMore {
        One(String),
        More(Vec<String>),
    }
    Ok(Some(match OneOrMore::deserialize(value)? {
        OneOrMore::One(one) => vec![one],
        OneOrMore::More(more) => more,
    }))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::LogFormat;
    use super::*;

    #[test]
    fn a_flag_overrides_the_file_and_the_file_the_default() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keyfront.toml");
        fs::write(
            &path,
            "data = \"there\"\nkey-bytes = 9\nvalue-bytes = 8\nlog-format = \"json\"",
        )
        .unwrap();
        let flags = ServeOptions {
            config: Some(path),
            key_bytes: Some(7),
            ..Default::default()
        };
        let options = flags.with_file().unwrap();
        assert_eq!(options.data, Some(folder.path().join("there")));
        let numbers = options.numbers().unwrap();
        assert_eq!(
            (numbers.key_bytes, numbers.value_bytes, numbers.store_bytes),
            (7, 8, 5_242_880)
        );
        assert_eq!(options.log_format, Some(LogFormat::Json));
    }

    fn read(text: &str) -> anyhow::Result<ServeOptions> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keyfront.toml");
        fs::write(&path, text).unwrap();
        let flags = ServeOptions {
            config: Some(path),
            ..Default::default()
        };
        flags.with_file()
    }

    #[test]
    fn one_place_to_listen_needs_no_list() {
        let listen = |text| read(text).unwrap().listen;
        assert_eq!(listen("listen = \"a:1\""), Some(vec!["a:1".to_owned()]));
        let two = Some(vec!["a:1".to_owned(), "b:2".to_owned()]);
        assert_eq!(listen("listen = [\"a:1\", \"b:2\"]"), two);
        assert_eq!(listen("data = \"there\""), None);
    }

    #[test]
    fn an_error_tells_the_line_and_not_what_is_there() {
        for text in [
            "data = \"there\"\ns3-secret-access-key = \"HUSH",
            "data = \"there\"\ns3-secret-access-key = [\"HUSH\"]",
            "data = \"there\"\ns3 = \"HUSH\"",
            "data = \"there\"\nlisten = {HUSH = \"HUSH\"}",
        ] {
            let said = format!("{:#}", read(text).unwrap_err());
            assert!(said.contains("line 2") && !said.contains("HUSH"), "{said}");
        }
    }

    #[test]
    fn a_misspelt_option_in_the_file_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keyfront.toml");
        fs::write(&path, "data-folder = \"there\"").unwrap();
        let flags = ServeOptions {
            config: Some(path),
            ..Default::default()
        };
        let error = format!("{:#}", flags.with_file().unwrap_err());
        assert!(
            error.contains("data-folder") && error.contains("keyfront.toml"),
            "{error}"
        );
    }
}
