//! How much memory a commit takes.
//!
//! The figures are estimates that are rather too large: a value that a snapshot shares with a commit
//! is counted as if the commit had it alone, as it does once the key has changed again. So are the name and the access
//! key of a caller, which all commits of that caller share.

use std::mem::size_of;

use keyfront_model::{Function, Key, Status, Store, TagKey, TagValue, Value};
use keyfront_storage::{
    Author, Before, Change, Commit, EntryChange, Job, JobTask, NamedResource, Record, RecordId,
    ResourceName,
};

/// What the allocator takes for each allocation besides the bytes that are asked for: its header and
/// the rounding to 16 bytes.
const ALLOCATION_OVERHEAD: usize = 16;

/// The two counters of an `Arc`.
const ARC_COUNTERS: usize = 2 * size_of::<usize>();

/// The longest key that takes no allocation of its own.
const INLINE_KEY_BYTES: u64 = 23;

/// How many bytes of memory are free again when the last reference to a commit goes.
pub(crate) fn commit_bytes(commit: &Commit) -> usize {
    let message = commit.message.as_ref();
    let changes = commit.changes.capacity() * size_of::<Change>();
    ALLOCATION_OVERHEAD
        + ARC_COUNTERS
        + size_of::<Commit>()
        + author_bytes(&commit.author)
        + message.map_or(0, |message| text_bytes(message.as_str()))
        + ALLOCATION_OVERHEAD
        + changes
        + commit.changes.iter().map(change_bytes).sum::<usize>()
}

fn change_bytes(change: &Change) -> usize {
    match change {
        Change::Put { before, record } => before_bytes(before) + record_bytes(record),
        Change::Delete { id, before } => id_bytes(id) + before_bytes(before),
        Change::Entries { entries, .. } => {
            let slots = entries.capacity() * size_of::<EntryChange>();
            ALLOCATION_OVERHEAD + slots + entries.iter().map(entry_bytes).sum::<usize>()
        }
    }
}

fn entry_bytes(entry: &EntryChange) -> usize {
    let values = [&entry.before, &entry.after].into_iter().flatten();
    key_bytes(&entry.key) + values.map(value_bytes).sum::<usize>()
}

fn key_bytes(key: &Key) -> usize {
    if key.bytes() <= INLINE_KEY_BYTES {
        return 0;
    }
    shared_text_bytes(key.as_str())
}

fn value_bytes(value: &Value) -> usize {
    shared_text_bytes(value.as_str())
}

fn before_bytes(before: &Before) -> usize {
    match before {
        Before::Record(record) => ALLOCATION_OVERHEAD + size_of::<Record>() + record_bytes(record),
        Before::Absent | Before::Unrecorded => 0,
    }
}

/// What a record takes beyond its own size.
fn record_bytes(record: &Record) -> usize {
    match record {
        Record::Account(_) | Record::Contents(_) | Record::Tombstone(_) => 0,
        Record::Name(name) => match &name.resource {
            NamedResource::Store(name, _) => text_bytes(name.as_str()),
            NamedResource::Function(name, _) => text_bytes(name.as_str()),
        },
        Record::Function(function) => {
            let code = ALLOCATION_OVERHEAD + ARC_COUNTERS + function.code.as_ref().len();
            ALLOCATION_OVERHEAD
                + size_of::<Function>()
                + text_bytes(function.name.as_str())
                + text_bytes(function.config.comment().as_str())
                + code
        }
        Record::Store(store) => {
            let comment = store.comment.as_ref();
            let reason = match &store.status {
                Status::ImportFailed { reason } => text_bytes(reason),
                Status::Provisioning | Status::Ready => 0,
            };
            ALLOCATION_OVERHEAD
                + size_of::<Store>()
                + text_bytes(store.name.as_str())
                + comment.map_or(0, |comment| text_bytes(comment.as_str()))
                + reason
        }
        Record::Tags(tags) => {
            let tag = |(key, value): (&TagKey, &TagValue)| {
                in_tree(size_of::<(TagKey, TagValue)>())
                    + text_bytes(key.as_str())
                    + text_bytes(value.as_str())
            };
            tags.tags.iter().map(tag).sum()
        }
        Record::Users(users) => {
            let user = |id| in_tree(size_of::<RecordId>()) + id_bytes(id);
            users.users.iter().map(user).sum()
        }
        Record::Job(job) => job_bytes(job),
    }
}

fn job_bytes(job: &Job) -> usize {
    let JobTask::Provision { source, .. } = &job.task;
    let source = source.as_ref().map_or(0, |source| {
        text_bytes(source.object.bucket()) + text_bytes(source.object.key())
    });
    let node = job.node.as_ref().map_or(0, |node| text_bytes(&node.0));
    ALLOCATION_OVERHEAD + size_of::<Job>() + author_bytes(&job.author) + source + node
}

fn author_bytes(author: &Author) -> usize {
    match author {
        Author::Caller(caller) => {
            let user = caller.user.as_ref();
            user.map_or(0, |user| shared_text_bytes(user))
                + shared_text_bytes(&caller.access_key)
                + shared_text_bytes(&caller.request)
        }
        Author::Keyfront(_) => 0,
    }
}

fn id_bytes(id: &RecordId) -> usize {
    match id {
        RecordId::Name(_, name) => name_bytes(name),
        _ => 0,
    }
}

fn name_bytes(name: &ResourceName) -> usize {
    match name {
        ResourceName::Store(name) => text_bytes(name.as_str()),
        ResourceName::Function(name) => text_bytes(name.as_str()),
    }
}

fn text_bytes(text: &str) -> usize {
    ALLOCATION_OVERHEAD + text.len()
}

fn shared_text_bytes(text: &str) -> usize {
    ARC_COUNTERS + text_bytes(text)
}

/// What an element takes in a B-tree, whose nodes are at least half full.
fn in_tree(element: usize) -> usize {
    2 * element
}

#[cfg(test)]
mod tests {
    use keyfront_model::{StoreId, Timestamp};
    use keyfront_storage::{Revision, Subject, Task};

    use super::*;

    fn commit(entries: Vec<EntryChange>) -> Commit {
        let store = StoreId::from_random(1);
        Commit {
            revision: Revision(1),
            subject: Subject::Store(store),
            owner: "123456789012".parse().unwrap(),
            author: Author::Keyfront(Task::ForgetDeleted),
            message: None,
            at: Timestamp::from_millis(0),
            changes: vec![Change::Entries { store, entries }],
        }
    }

    fn entry(key: &str, before: Option<&str>, after: Option<&str>) -> EntryChange {
        EntryChange {
            key: Key::new(key).unwrap(),
            before: before.map(Value::new),
            after: after.map(Value::new),
        }
    }

    #[test]
    fn an_entry_counts_its_slot_and_both_values() {
        let none = commit_bytes(&commit(vec![]));
        let one = commit_bytes(&commit(vec![entry("k", None, Some("value"))]));
        assert_eq!(one - none, size_of::<EntryChange>() + 32 + 5);
        let both = commit_bytes(&commit(vec![entry("k", Some("old"), Some("value"))]));
        assert_eq!(both - one, 32 + 3);
        let long_key = "k".repeat(24);
        let long = commit_bytes(&commit(vec![entry(&long_key, None, Some("value"))]));
        assert_eq!(long - one, 32 + 24);
    }
}
