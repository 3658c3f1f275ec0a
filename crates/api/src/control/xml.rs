//! Reading and writing the bodies of the control plane.

use std::borrow::Cow;

use keyfront_model::is_xml_character;
use quick_xml::NsReader;
use quick_xml::escape::escape;
use quick_xml::events::{BytesRef, Event};
use quick_xml::name::ResolveResult;
use serde::de::DeserializeOwned;

use super::ControlCode;
use crate::call::Call;
use crate::error::Refusal;
use crate::offload;

/// The type of every body of this plane (observed).
pub(super) const CONTENT_TYPE: &str = "text/xml";

const NOT_WELL_FORMED: &str = "it is not well formed";

const NO_CHARACTER: &str = "it holds a character that XML does not allow";

const NAMESPACE: &str = "http://cloudfront.amazonaws.com/doc/2020-05-31/";

/// Reads the body of a call. `first` is an element that it needs, to be named where there is no body at
/// all.
pub(super) async fn read<T: DeserializeOwned + Send + 'static>(
    root: &'static str,
    first: &str,
    call: &Call<'_>,
) -> Result<T, Refusal<ControlCode>> {
    if call.body().is_empty() {
        return Err(missing(first));
    }
    let parsed = offload::with_body(call.body(), move |body| parse(root, body)).await;
    parsed.unwrap_or_else(|_| Err(ControlCode::InternalFailure.into()))
}

/// The refusal of a body without an element that it needs.
pub(super) fn missing(element: &str) -> Refusal<ControlCode> {
    malformed(&format!("the element {element} is missing"))
}

/// Parses a body whose root is an element of this name, in the API's namespace or in none.
pub(super) fn parse<T: DeserializeOwned>(
    root: &str,
    body: &[u8],
) -> Result<T, Refusal<ControlCode>> {
    let text = std::str::from_utf8(body).map_err(|_| malformed("it is not UTF-8"))?;
    check_characters(text).map_err(malformed)?;
    check_frame(root, text).map_err(malformed)?;
    quick_xml::de::from_str(text)
        .map_err(|_| malformed("an element is misplaced, empty or given twice"))
}

fn malformed(why: &str) -> Refusal<ControlCode> {
    let text = format!("The request's body is not the expected XML: {why}.");
    Refusal::because(ControlCode::InvalidArgument, text)
}

/// Checks that all characters are of XML 1.0 (section 2.2).
fn check_characters(text: &str) -> Result<(), &'static str> {
    if text.chars().all(is_xml_character) {
        Ok(())
    } else {
        Err(NO_CHARACTER)
    }
}

/// Checks that a reference stands for a character of XML 1.0, if it does not name an entity (section 4.1).
fn check_reference(reference: &BytesRef<'_>) -> Result<(), &'static str> {
    match reference.resolve_char_ref() {
        Ok(Some(character)) if !is_xml_character(character) => Err(NO_CHARACTER),
        Ok(_) => Ok(()),
        Err(_) => Err(NOT_WELL_FORMED),
    }
}

/// Checks what the deserializer lets pass: another root, another namespace, anything after the root's
/// end, attributes that are not well formed, and references to characters that XML lacks.
fn check_frame(root: &str, text: &str) -> Result<(), &'static str> {
    let mut reader = NsReader::from_str(text);
    let mut depth = 0u32;
    let mut roots = 0u32;
    loop {
        let (namespace, event) = reader.read_resolved_event().map_err(|_| NOT_WELL_FORMED)?;
        match &event {
            Event::Start(start) | Event::Empty(start) => {
                if depth == 0 {
                    roots += 1;
                    check_root(root, &namespace, start.local_name().as_ref())?;
                }
                if start.attributes().any(|attribute| attribute.is_err()) {
                    return Err(NOT_WELL_FORMED);
                }
                depth += u32::from(matches!(event, Event::Start(_)));
            }
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::Text(text) if depth == 0 && !text.trim().is_empty() => {
                return Err("there is text outside the root");
            }
            Event::GeneralRef(reference) => check_reference(reference)?,
            Event::DocType(_) => return Err("it has a document type"),
            Event::Eof => break,
            _ => {}
        }
    }
    if depth == 0 && roots == 1 {
        Ok(())
    } else {
        Err("it has not one root")
    }
}

fn check_root(root: &str, namespace: &ResolveResult<'_>, found: &str) -> Result<(), &'static str> {
    let known = match namespace {
        ResolveResult::Unbound => true,
        ResolveResult::Bound(name) => name.as_ref() == NAMESPACE,
        ResolveResult::Unknown(_) => false,
    };
    if !known {
        return Err("its namespace is not the API's");
    }
    if found != root {
        return Err("its root is another element");
    }
    Ok(())
}

/// Writes a document with one root.
pub(super) fn document(root: &str, children: impl FnOnce(&mut Writer)) -> String {
    let mut writer = Writer(String::with_capacity(512));
    writer.0.push_str("<?xml version=\"1.0\"?>\n");
    writer
        .0
        .push_str(&format!("<{root} xmlns=\"{NAMESPACE}\">"));
    children(&mut writer);
    writer.close(root);
    writer.0
}

/// Writes elements, one after the other. A serializer would need a type for each answer, and an answer has
/// a few elements of text.
pub(super) struct Writer(String);

impl Writer {
    /// An element that holds others.
    pub(super) fn child(&mut self, name: &str, children: impl FnOnce(&mut Self)) {
        self.open(name);
        children(self);
        self.close(name);
    }

    /// An element that holds text.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.open(name);
        self.0.push_str(&escaped(text));
        self.close(name);
    }

    fn open(&mut self, name: &str) {
        self.0.push('<');
        self.0.push_str(name);
        self.0.push('>');
    }

    fn close(&mut self, name: &str) {
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
    }
}

/// A text as the content of an element. A character that XML 1.0 lacks, which the text of an error may
/// repeat, can't be written at all: it is replaced.
fn escaped(text: &str) -> Cow<'_, str> {
    let escaped = escape(text);
    if escaped.chars().all(is_xml_character) {
        return escaped;
    }
    Cow::Owned(escaped.replace(|c| !is_xml_character(c), "\u{fffd}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::Deserialize;

    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(rename_all = "PascalCase")]
    struct Sample {
        name: String,
        comment: Option<String>,
    }

    fn sample(body: &str) -> Option<Sample> {
        parse("Sample", body.as_bytes()).ok()
    }

    #[test]
    fn what_the_clients_send_is_read() {
        let named = |comment: Option<&str>| {
            Some(Sample {
                name: "a".into(),
                comment: comment.map(str::to_owned),
            })
        };
        let ns = NAMESPACE;
        assert_eq!(
            sample(&format!("<Sample xmlns=\"{ns}\"><Name>a</Name></Sample>")),
            named(None)
        );
        assert_eq!(
            sample(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Sample><Name>a</Name><Comment /></Sample>"
            ),
            named(Some(""))
        );
        assert_eq!(
            sample("<Sample><Comment></Comment><Name>a</Name><New><Deep/></New></Sample>"),
            named(Some(""))
        );
        assert_eq!(
            sample(
                "<Sample><Name>a</Name><Comment>&#34;&#xA;&quot;&apos;<![CDATA[<]]> b</Comment></Sample>"
            ),
            named(Some("\"\n\"'< b"))
        );
        assert_eq!(
            sample("<Sample><Name>a</Name><Comment> b </Comment></Sample>"),
            named(Some(" b "))
        );
    }

    #[test]
    fn what_is_no_such_document_is_refused() {
        for body in [
            "",
            "a",
            "<Other><Name>a</Name></Other>",
            "<Sample xmlns=\"urn:other\"><Name>a</Name></Sample>",
            "<Sample><Name>a</Name></Sample><Sample/>",
            "<Sample><Name>a</Name></Sample>more",
            "<Sample><Name>a</Name>",
            "<Sample><Name>a</Sample></Name>",
            "<Sample><Comment>c</Comment></Sample>",
            "<Sample><Name>a</Name><Name>b</Name></Sample>",
            "<Sample><Name a=1>a</Name></Sample>",
            "<Sample a='1' a='2'><Name>a</Name></Sample>",
            "<!DOCTYPE x [<!ENTITY e \"e\">]><Sample><Name>&e;</Name></Sample>",
            "<Sample><Name>&e;</Name></Sample>",
        ] {
            assert_eq!(sample(body), None, "{body}");
        }
    }

    #[test]
    fn a_character_that_xml_lacks_is_refused_wherever_it_stands() {
        for character in [
            "\u{0}", "\u{1b}", "\u{ffff}", "&#0;", "&#1;", "&#xB;", "&#xFFFE;",
        ] {
            for body in [
                format!("<Sample><Name>a{character}</Name></Sample>"),
                format!("<Sample><Name>a</Name><New><Deep>{character}</Deep></New></Sample>"),
            ] {
                assert_eq!(sample(&body), None, "{body:?}");
            }
        }
        for character in ["\t", "\u{85}", "\u{fffd}", "&#9;", "&#xD;", "&#x10FFFF;"] {
            let body = format!("<Sample><Name>a{character}</Name></Sample>");
            assert!(sample(&body).is_some(), "{body:?}");
        }
    }

    #[test]
    fn what_xml_lacks_is_replaced() {
        for (text, expected) in [
            ("a\u{0}b\u{1f}\u{b}", "a\u{fffd}b\u{fffd}\u{fffd}"),
            ("\u{fffe}\u{ffff}\u{10000}", "\u{fffd}\u{fffd}\u{10000}"),
            ("<&\u{8}", "&lt;&amp;\u{fffd}"),
        ] {
            assert_eq!(escaped(text), expected);
        }
    }

    #[test]
    fn depth_does_no_harm() {
        let nested = |depth: usize| {
            let (open, close) = ("<x>".repeat(depth), "</x>".repeat(depth));
            sample(&format!("<Sample><Name>a</Name>{open}{close}</Sample>"))
        };
        assert!(nested(1000).is_some());
        // Refused, rather than followed until the stack is gone.
        assert!(nested(100_000).is_none());
    }

    proptest! {
        #[test]
        fn nothing_panics(body: Vec<u8>) {
            let _ = parse::<Sample>("Sample", &body);
        }

        #[test]
        fn any_text_is_written_as_valid_xml(text: String) {
            let body = document("Sample", |sample| sample.text("Name", &text));
            prop_assert!(body.chars().all(is_xml_character));
            let replaced: String = text
                .chars()
                .map(|c| if is_xml_character(c) { c } else { char::REPLACEMENT_CHARACTER })
                .collect();
            prop_assert_eq!(sample(&body).unwrap().name, replaced);
        }

        #[test]
        fn what_is_written_is_read(comment in "[^\u{0}-\u{8}\u{b}\u{c}\u{e}-\u{1f}\u{fffe}\u{ffff}]*") {
            let body = document("Sample", |sample| {
                sample.text("Name", "a");
                sample.text("Comment", &comment);
            });
            prop_assert_eq!(sample(&body).unwrap().comment, Some(comment));
        }
    }
}
