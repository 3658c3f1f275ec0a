//! The rules that every proposal obeys, whichever engine it goes to.

use keyfront_model::StoreId;

use crate::{Before, Change, EntryChange, Proposal, Record, RecordId, Revision};

/// That a record is still the one that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The record.
    pub record: RecordId,
    /// The revision of the commit that last wrote it; `None` if it was absent.
    pub revision: Option<Revision>,
}

/// Which rule a proposal breaks. It is a fault of the program that made the proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the proposal is malformed: {0}")]
pub struct Malformed(pub &'static str);

impl Proposal {
    /// Checks the rules on which engines and readers of the history rely:
    ///
    /// - no record is named twice, neither by conditions nor by changes, and no key;
    /// - a record that changes is among the conditions, and what is said to be before agrees with
    ///   its condition, so that it is true if the proposal is committed. A delete that does not say
    ///   what was before needs no condition;
    /// - entries change together with their contents' record, in the order of their keys, and each
    ///   of them changes something.
    pub fn check(&self) -> Result<(), Malformed> {
        let conditions = self.conditions()?;
        let mut changed = Vec::with_capacity(self.changes.len());
        for change in &self.changes {
            changed.push(match change {
                Change::Put { before, record } => {
                    check_before(&conditions, &record.id(), before)?;
                    Changed::Record(record.id())
                }
                Change::Delete { id, before } => {
                    check_deleted(&conditions, id, before)?;
                    Changed::Record(id.clone())
                }
                Change::Entries { store, entries } => {
                    check_entries(entries)?;
                    if !self.puts_contents(*store) {
                        return Err(Malformed(
                            "it changes entries without their contents' record",
                        ));
                    }
                    Changed::Entries(*store)
                }
            });
        }
        changed.sort_unstable();
        if changed.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(Malformed("it changes something twice"));
        }
        Ok(())
    }

    /// The conditions in the order of their records.
    fn conditions(&self) -> Result<Vec<&Condition>, Malformed> {
        let mut conditions: Vec<_> = self.conditions.iter().collect();
        conditions.sort_unstable_by(|a, b| a.record.cmp(&b.record));
        if conditions
            .windows(2)
            .any(|pair| pair[0].record == pair[1].record)
        {
            return Err(Malformed("it has two conditions on one record"));
        }
        Ok(conditions)
    }

    fn puts_contents(&self, store: StoreId) -> bool {
        self.changes.iter().any(|change| match change {
            Change::Put {
                record: Record::Contents(head),
                ..
            } => head.store == store,
            _ => false,
        })
    }
}

/// What a change changes.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Changed {
    Record(RecordId),
    Entries(StoreId),
}

fn check_before(
    conditions: &[&Condition],
    id: &RecordId,
    before: &Before,
) -> Result<(), Malformed> {
    let revision = conditions
        .binary_search_by(|condition| condition.record.cmp(id))
        .map(|place| conditions[place].revision)
        .map_err(|_| Malformed("it changes a record without a condition on it"))?;
    let agrees = match before {
        Before::Absent => revision.is_none(),
        Before::Record(record) => revision.is_some() && record.id() == *id,
        Before::Unrecorded => false,
    };
    if !agrees {
        return Err(Malformed(
            "what it says was before does not agree with its condition",
        ));
    }
    Ok(())
}

fn check_deleted(
    conditions: &[&Condition],
    id: &RecordId,
    before: &Before,
) -> Result<(), Malformed> {
    match before {
        Before::Absent => Err(Malformed("it deletes a record that is absent")),
        Before::Record(_) => check_before(conditions, id, before),
        Before::Unrecorded => Ok(()),
    }
}

fn check_entries(entries: &[EntryChange]) -> Result<(), Malformed> {
    if !entries.is_sorted_by(|a, b| a.key < b.key) {
        return Err(Malformed("its keys are not strictly ascending"));
    }
    if entries
        .iter()
        .any(|entry| entry.before.is_none() && entry.after.is_none())
    {
        return Err(Malformed("it removes a key that is absent"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use keyfront_model::{AccountId, Contents, ETag, Key, Timestamp, Value};

    use super::*;
    use crate::{Account, Author, Subject, Task};

    fn account() -> AccountId {
        "123456789012".parse().unwrap()
    }

    fn store() -> StoreId {
        StoreId::from_random(1)
    }

    fn counted(stores: u64) -> Record {
        Record::Account(Account {
            account: account(),
            stores,
            functions: 0,
        })
    }

    fn contents() -> Record {
        Record::Contents(Contents {
            store: store(),
            etag: ETag::Data(1),
            items: 1,
            bytes: 2,
            modified: Timestamp::from_millis(0),
        })
    }

    fn put(before: Before, record: Record) -> Change {
        Change::Put { before, record }
    }

    fn delete(record: &Record, before: Before) -> Change {
        Change::Delete {
            id: record.id(),
            before,
        }
    }

    fn entries(changes: &[(&str, Option<&str>, Option<&str>)]) -> Change {
        let entry = |(key, before, after): &(&str, Option<&str>, Option<&str>)| EntryChange {
            key: Key::new(*key).unwrap(),
            before: before.map(Value::new),
            after: after.map(Value::new),
        };
        Change::Entries {
            store: store(),
            entries: changes.iter().map(entry).collect(),
        }
    }

    fn check(conditions: &[(&Record, Option<u64>)], changes: Vec<Change>) -> Result<(), Malformed> {
        let condition = |(record, revision): &(&Record, Option<u64>)| Condition {
            record: record.id(),
            revision: revision.map(Revision),
        };
        Proposal {
            subject: Subject::Account(account()),
            owner: account(),
            author: Author::Keyfront(Task::ForgetDeleted),
            message: None,
            at: Timestamp::from_millis(0),
            snapshot: Revision(1),
            conditions: conditions.iter().map(condition).collect(),
            changes,
        }
        .check()
    }

    #[test]
    fn a_record_changes_only_under_a_condition_that_agrees() {
        let (one, two) = (counted(1), counted(2));
        let was = || Before::from(counted(1));
        assert_eq!(
            check(&[(&one, Some(1))], vec![put(was(), two.clone())]),
            Ok(())
        );
        assert_eq!(
            check(&[(&one, None)], vec![put(Before::Absent, two.clone())]),
            Ok(())
        );
        assert_eq!(check(&[(&one, Some(1))], vec![delete(&one, was())]), Ok(()));
        assert_eq!(check(&[], vec![delete(&one, Before::Unrecorded)]), Ok(()));
        for (conditions, change) in [
            (vec![], put(was(), two.clone())),
            (vec![], put(Before::Absent, two.clone())),
            (vec![], delete(&one, was())),
            (vec![(&one, None)], put(was(), two.clone())),
            (vec![(&one, Some(1))], put(Before::Absent, two.clone())),
            (vec![(&one, Some(1))], put(Before::Unrecorded, two.clone())),
            (vec![(&one, Some(1))], put(contents().into(), two.clone())),
            (vec![(&one, None)], delete(&one, Before::Absent)),
            (vec![(&one, None), (&one, Some(1))], put(was(), two.clone())),
        ] {
            assert!(
                check(&conditions, vec![change.clone()]).is_err(),
                "{change:?}"
            );
        }
    }

    #[test]
    fn nothing_changes_twice() {
        let one = counted(1);
        let twice = vec![
            put(Before::Absent, one.clone()),
            delete(&one, Before::Unrecorded),
        ];
        assert!(check(&[(&one, None)], twice).is_err());
    }

    #[test]
    fn entries_change_in_order_with_their_contents() {
        let head = contents();
        let with_head = |change: Change| {
            check(
                &[(&head, Some(1))],
                vec![put(contents().into(), contents()), change],
            )
        };
        let changes = entries(&[("a", None, Some("1")), ("b", Some("1"), None)]);
        assert_eq!(with_head(changes.clone()), Ok(()));
        assert!(check(&[(&head, Some(1))], vec![changes.clone()]).is_err());
        let removed = vec![delete(&head, Before::Unrecorded), changes];
        assert!(check(&[], removed).is_err());
        for changes in [
            entries(&[("b", None, Some("1")), ("a", None, Some("1"))]),
            entries(&[("a", None, Some("1")), ("a", None, Some("2"))]),
            entries(&[("a", None, None)]),
        ] {
            assert!(with_head(changes).is_err());
        }
    }
}
