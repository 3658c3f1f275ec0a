use std::collections::BTreeMap;

use keyfront_api::fuzzing;
use keyfront_model::Limits;
use keyfront_model::import::{ImportDocument, ImportError};
use serde::Deserialize;
use serde_json::Value;

/// The file of an import as serde reads it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ImportFile {
    data: Vec<ImportEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ImportEntry {
    key: String,
    value: String,
}

/// An import's file: what is accepted is what serde reads, and what serde reads is accepted unless a rule
/// of imports refuses it.
pub fn import_document(input: &[u8]) {
    let ours = ImportDocument::parse(input, &Limits::default());
    if let Err(error) = &ours {
        assert!(!error.to_string().is_empty());
    }
    check_small_quotas(input, &ours);
    match (ours, serde_json::from_slice::<ImportFile>(input)) {
        (Ok(ours), Ok(serdes)) => check_entries(&ours, serdes.data),
        (Ok(_), Err(error)) => panic!("serde refuses what is accepted: {error}"),
        (Err(error), Ok(serdes)) => check_refusal(input, &error, &serdes),
        (Err(_), Err(_)) => {}
    }
}

fn check_entries(ours: &ImportDocument, serdes: Vec<ImportEntry>) {
    let count = serdes.len();
    let serdes = serdes.into_iter().map(|entry| (entry.key, entry.value));
    let serdes: BTreeMap<_, _> = serdes.collect();
    assert_eq!(serdes.len(), count, "a key is there twice");
    let entries = ours.entries().iter();
    let entries = entries.map(|(key, value)| (key.as_str(), value.as_str()));
    assert!(
        entries.eq(serdes
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str())))
    );
    let bytes = serdes.iter().map(|(key, value)| key.len() + value.len());
    assert_eq!(ours.bytes(), bytes.sum::<usize>() as u64);
}

/// Only what serde takes besides: a list of members for an object, empty keys, keys given twice, and what is
/// over a quota.
fn check_refusal(input: &[u8], error: &ImportError, serdes: &ImportFile) {
    match error {
        ImportError::EmptyKey { .. } => assert!(serdes.data.iter().any(|it| it.key.is_empty())),
        ImportError::Duplicate { first, entry, .. } => {
            let key = |number: usize| &serdes.data[number - 1].key;
            assert_eq!(key(*first), key(*entry));
        }
        ImportError::Form { .. } => {
            let json: Value = serde_json::from_slice(input).expect("serde has read it");
            let entries = json["data"].as_array();
            assert!(
                !entries.is_some_and(|entries| entries.iter().all(Value::is_object)),
                "{error}"
            );
        }
        ImportError::KeySize { .. }
        | ImportError::ValueSize { .. }
        | ImportError::StoreSize { .. } => {}
        ImportError::FileSize { .. }
        | ImportError::ByteOrderMark
        | ImportError::Encoding { .. } => panic!("serde takes what is refused: {error}"),
    }
}

/// Quotas refuse, and change nothing of what they let pass.
fn check_small_quotas(input: &[u8], ours: &Result<ImportDocument, ImportError>) {
    let limits = Limits {
        key_bytes: 4,
        value_bytes: 6,
        store_bytes: 12,
        ..Limits::default()
    };
    if let Ok(small) = ImportDocument::parse(input, &limits) {
        assert!(small.bytes() <= limits.store_bytes);
        for (key, value) in small.entries() {
            assert!(key.bytes() <= limits.key_bytes && value.bytes() <= limits.value_bytes);
        }
        assert_eq!(Ok(&small), ours.as_ref());
    }
}

/// The body of a request to the control plane, read as that of each operation: what is read and written
/// again is read as the same.
pub fn control_body(input: &[u8]) {
    if let Some(creation) = fuzzing::read_creation(input) {
        let written = fuzzing::write_creation(&creation);
        assert_eq!(fuzzing::read_creation(written.as_bytes()), Some(creation));
    }
    if let Some(comment) = fuzzing::read_comment(input) {
        let written = fuzzing::write_comment(&comment);
        assert_eq!(fuzzing::read_comment(written.as_bytes()), Some(comment));
    }
    if let Some(creation) = fuzzing::read_function_creation(input) {
        let written = fuzzing::write_function_creation(&creation);
        let again = fuzzing::read_function_creation(written.as_bytes());
        assert_eq!(again, Some(creation));
    }
    if let Some((stage, event)) = fuzzing::read_event(input) {
        let written = fuzzing::write_event(stage, &event);
        assert_eq!(
            fuzzing::read_event(written.as_bytes()),
            Some((stage, event))
        );
    }
    if let Some(tags) = fuzzing::read_tags(input) {
        let written = fuzzing::write_tags(&tags);
        assert_eq!(fuzzing::read_tags(written.as_bytes()), Some(tags));
    }
    if let Some(keys) = fuzzing::read_tag_keys(input) {
        let written = fuzzing::write_tag_keys(&keys);
        assert_eq!(fuzzing::read_tag_keys(written.as_bytes()), Some(keys));
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Put {
    key: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Deletion {
    key: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutBody {
    value: String,
}

/// UpdateKeys' body as serde reads it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateBody {
    puts: Option<Vec<Put>>,
    deletes: Option<Vec<Deletion>>,
}

impl UpdateBody {
    fn into_edits(self) -> Vec<(String, Option<String>)> {
        let puts = self.puts.unwrap_or_default().into_iter();
        let deletes = self.deletes.unwrap_or_default().into_iter();
        puts.map(|put| (put.key, Some(put.value)))
            .chain(deletes.map(|deletion| (deletion.key, None)))
            .collect()
    }
}

/// How many edits UpdateKeys takes here.
const MOST_EDITS: usize = 3;

/// The body of a request to the data plane, read as that of each operation: what is accepted is what serde
/// reads, and what serde reads is accepted if its objects are written as objects.
pub fn data_body(input: &[u8]) {
    let put = fuzzing::read_put(input);
    let edits = fuzzing::read_edits(input, MOST_EDITS);
    let Ok(text) = std::str::from_utf8(input) else {
        assert!(put.is_none() && edits.is_none(), "it is not UTF-8");
        return;
    };
    let is_object = text.trim_start().starts_with('{');
    let serdes = serde_json::from_str::<PutBody>(text).ok();
    let serdes = serdes.filter(|_| is_object).map(|body| body.value);
    assert_eq!(put, serdes);

    let serdes = serde_json::from_str::<UpdateBody>(text).ok();
    let serdes = serdes.filter(|_| is_object).map(UpdateBody::into_edits);
    match (edits, serdes) {
        (Some(ours), serdes) => {
            assert!(ours.len() <= MOST_EDITS);
            assert_eq!(Some(ours), serdes);
        }
        (None, Some(serdes)) if serdes.len() <= MOST_EDITS => {
            let json: Value = serde_json::from_str(text).unwrap_or_default();
            let items = ["Puts", "Deletes"].map(|list| json[list].as_array().cloned());
            let mut items = items.into_iter().flatten().flatten();
            assert!(
                json.is_null() || items.any(|item| item.is_array()),
                "serde takes what is refused"
            );
        }
        (None, _) => {}
    }
}
