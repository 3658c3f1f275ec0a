use keyfront_model::Timestamp;
use keyfront_storage::format::{decode_commit, decode_record, encode_commit, encode_record};
use keyfront_storage::{Before, Change, Condition, Proposal, Record, RecordId, Revision};

/// A stored record: what is read and written again is read as the same.
pub fn stored_record(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    if let Ok(record) = decode_record(text) {
        let written = encode_record(&record).expect("any record can be written");
        assert_eq!(decode_record(&written).as_ref(), Ok(&record));
        let id = record.id();
        assert_eq!(id.to_string().parse().as_ref(), Ok(&id));
    }
}

/// A stored commit: what is read and written again is read as the same.
pub fn stored_commit(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    if let Ok(commit) = decode_commit(text) {
        let written = encode_commit(&commit).expect("any commit can be written");
        assert_eq!(decode_commit(&written).as_ref(), Ok(&commit));
    }
}

/// A line with the conditions, `[["store/ID", 5], ["name/ACCOUNT/NAME", null]]`, and after it a commit: the
/// proposal of these is accepted if it obeys the rules that [`Proposal::check`] promises.
pub fn proposal(input: &[u8]) {
    let Some((conditions, commit)) = std::str::from_utf8(input)
        .ok()
        .and_then(|text| text.split_once('\n'))
    else {
        return;
    };
    let (Some(conditions), Ok(commit)) = (parse_conditions(conditions), decode_commit(commit))
    else {
        return;
    };
    let proposal = Proposal {
        subject: commit.subject,
        owner: commit.owner,
        author: commit.author,
        message: commit.message,
        at: Timestamp::from_millis(0),
        snapshot: Revision(0),
        conditions,
        changes: commit.changes,
    };
    assert_eq!(proposal.check().is_ok(), obeys(&proposal), "{proposal:?}");
}

fn parse_conditions(text: &str) -> Option<Vec<Condition>> {
    let conditions: Vec<(String, Option<u64>)> = serde_json::from_str(text).ok()?;
    let conditions = conditions.into_iter().map(|(record, revision)| {
        Some(Condition {
            record: record.parse().ok()?,
            revision: revision.map(Revision),
        })
    });
    conditions.collect()
}

/// The rules, one after the other, each by looking at everything.
fn obeys(proposal: &Proposal) -> bool {
    let changes = &proposal.changes;
    let records: Vec<_> = changes.iter().filter_map(record_of).collect();
    let stores = changes.iter().filter_map(|change| match change {
        Change::Entries { store, .. } => Some(*store),
        _ => None,
    });
    let stores: Vec<_> = stores.collect();
    let named = proposal
        .conditions
        .iter()
        .map(|condition| &condition.record);
    let has_contents = |store| {
        changes.iter().any(|change| {
            matches!(change, Change::Put { record: Record::Contents(contents), .. }
                if contents.store == store)
        })
    };
    is_distinct(named)
        && is_distinct(&records)
        && is_distinct(&stores)
        && stores.iter().all(|store| has_contents(*store))
        && changes
            .iter()
            .all(|change| is_conditional(proposal, change))
        && changes.iter().all(are_entries_in_order)
}

fn is_distinct<T: PartialEq>(items: impl IntoIterator<Item = T>) -> bool {
    let items: Vec<_> = items.into_iter().collect();
    (0..items.len()).all(|at| !items[..at].contains(&items[at]))
}

fn record_of(change: &Change) -> Option<RecordId> {
    match change {
        Change::Put { record, .. } => Some(record.id()),
        Change::Delete { id, .. } => Some(id.clone()),
        Change::Entries { .. } => None,
    }
}

/// Whether a record changes on condition of what is said to be before.
fn is_conditional(proposal: &Proposal, change: &Change) -> bool {
    let (id, before, may_be_silent, may_be_new) = match change {
        Change::Put { before, record } => (record.id(), before, false, true),
        Change::Delete { id, before } => (id.clone(), before, true, false),
        Change::Entries { .. } => return true,
    };
    let mut conditions = proposal.conditions.iter();
    let condition = conditions.find(|condition| condition.record == id);
    match (before, condition.map(|condition| condition.revision)) {
        (Before::Unrecorded, _) => may_be_silent,
        (Before::Absent, Some(None)) => may_be_new,
        (Before::Record(record), Some(Some(_))) => record.id() == id,
        _ => false,
    }
}

fn are_entries_in_order(change: &Change) -> bool {
    let Change::Entries { entries, .. } = change else {
        return true;
    };
    let ascending = |pair: &[keyfront_storage::EntryChange]| {
        pair[0].key.as_str().as_bytes() < pair[1].key.as_str().as_bytes()
    };
    entries.windows(2).all(ascending)
        && entries
            .iter()
            .all(|entry| entry.before.is_some() || entry.after.is_some())
}
