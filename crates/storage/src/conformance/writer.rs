//! Somebody who makes proposals on a model of what is stored, as the service does on a snapshot.

use keyfront_model::{AccountId, FunctionStage, Key, StoreId, Timestamp, Value};

use super::fixtures::{self, caller, contents};
use super::session::Session;
use super::state::State;
use crate::{
    Author, Before, Change, Commit, Condition, EntryChange, JobId, Message, Proposal, Record,
    RecordId, ResourceId, ResourceName, Revision, Subject,
};

/// A writer, and the model on which it decides.
#[derive(Clone)]
pub(super) struct Writer {
    /// What is stored, as far as this writer knows.
    pub(super) state: State,
    /// The revision of that.
    pub(super) seen: Revision,
    /// The commits that were acknowledged to it, as followers must see them.
    pub(super) made: Vec<Commit>,
    /// The account in which it writes.
    pub(super) owner: AccountId,
    /// Counts its ETags, requests and times, from a number of its own.
    serial: u64,
}

impl Writer {
    /// A writer whose ETags and requests are those of no writer with another number.
    pub(super) fn new(number: u64) -> Self {
        Self {
            state: State::default(),
            seen: Revision(0),
            made: Vec::new(),
            owner: fixtures::account(number),
            serial: number << 32,
        }
    }

    /// A writer that begins with what another one knows, in the same account.
    pub(super) fn beside(&self, number: u64) -> Self {
        Self {
            made: Vec::new(),
            serial: number << 32,
            ..self.clone()
        }
    }

    /// A number that this writer has not used before.
    pub(super) fn serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// The change that writes a record.
    pub(super) fn put(&self, record: Record) -> Change {
        let before = match self.state.record(&record.id()) {
            Some(before) => before.clone().into(),
            None => Before::Absent,
        };
        Change::Put { before, record }
    }

    /// The change that removes a record, saying what it was.
    pub(super) fn delete(&self, id: RecordId) -> Change {
        let before = self.state.record(&id).unwrap().clone().into();
        Change::Delete { id, before }
    }

    /// The changes that edit entries of a store whose contents may be there or not.
    pub(super) fn edit(&mut self, number: u64, edits: &[(&str, Option<&str>)]) -> Vec<Change> {
        let store = fixtures::store(number);
        let before = self.state.entries.get(&store).cloned().unwrap_or_default();
        let mut after = before.clone();
        let mut changes = std::collections::BTreeMap::new();
        for (key, value) in edits {
            let key = Key::new(*key).unwrap();
            let value = value.map(Value::new);
            match &value {
                Some(value) => after.insert(key.clone(), value.clone()),
                None => after.remove(&key),
            };
            let change = EntryChange {
                before: before.get(&key).cloned(),
                after: value,
                key: key.clone(),
            };
            if change.before.is_some() || change.after.is_some() {
                changes.insert(key, change);
            }
        }
        let bytes = after.iter().map(|(key, value)| key.bytes() + value.bytes());
        let etag = self.serial();
        let head = contents(number, etag, after.len() as u64, bytes.sum());
        let entries = Change::Entries {
            store,
            entries: changes.into_values().collect(),
        };
        vec![self.put(head), entries]
    }

    /// A proposal on condition that everything that it changes is as this writer knows it.
    pub(super) fn propose(&mut self, subject: Subject, changes: Vec<Change>) -> Proposal {
        let ids = changes.iter().filter_map(|change| match change {
            Change::Put { record, .. } => Some(record.id()),
            Change::Delete { id, .. } => Some(id.clone()),
            Change::Entries { .. } => None,
        });
        let conditions = ids.map(|id| self.condition(id)).collect();
        let serial = self.serial();
        Proposal {
            subject,
            owner: self.owner,
            author: caller(serial),
            message: None,
            at: Timestamp::from_millis(i64::try_from(serial & 0xffff_ffff).unwrap()),
            snapshot: self.seen,
            conditions,
            changes,
        }
    }

    /// That a record is as this writer knows it.
    pub(super) fn condition(&self, record: RecordId) -> Condition {
        let revision = self.state.revision(&record);
        Condition { record, revision }
    }

    /// Commits a proposal of this writer's that no change of another writer can refuse.
    pub(super) async fn commit(&mut self, session: &Session, proposal: Proposal) -> Revision {
        let revision = match session.commit_or_stale(&proposal).await {
            Ok(revision) => revision,
            // An earlier try was written after all: its record says where.
            Err(stale) if stale.was_unknown => written_at(session, &proposal).await,
            Err(stale) => panic!("refused at {}, though every condition holds", stale.at),
        };
        self.acknowledge(proposal, revision)
    }

    /// Takes a commit into the model.
    pub(super) fn acknowledge(&mut self, proposal: Proposal, revision: Revision) -> Revision {
        assert!(
            revision > self.seen,
            "{revision} was acknowledged after {}",
            self.seen
        );
        let commit = proposal.into_commit(revision);
        self.state.apply(&commit);
        self.seen = revision;
        self.made.push(commit);
        revision
    }

    /// Takes a commit into the model of which this writer learns after others that were acknowledged
    /// later, and that touch none of its records.
    pub(super) fn learn(&mut self, proposal: Proposal, revision: Revision) {
        let commit = proposal.into_commit(revision);
        self.state.apply(&commit);
        self.seen = self.seen.max(revision);
        let place = self.made.partition_point(|made| made.revision < revision);
        self.made.insert(place, commit);
    }

    /// Makes a store: its name, configuration, contents and entries, and the account's count.
    pub(super) async fn create(
        &mut self,
        session: &Session,
        number: u64,
        entries: &[(&str, &str)],
    ) -> Revision {
        let proposal = self.creation(number, entries);
        self.commit(session, proposal).await
    }

    pub(super) fn creation(&mut self, number: u64, entries: &[(&str, &str)]) -> Proposal {
        let edits: Vec<_> = entries
            .iter()
            .map(|(key, value)| (*key, Some(*value)))
            .collect();
        let etag = self.serial();
        let mut changes = vec![
            self.put(self.recount(1, 0)),
            self.put(fixtures::named(self.owner, number)),
            self.put(fixtures::configured(self.owner, number, etag, "new")),
        ];
        changes.extend(self.edit(number, &edits));
        self.propose(Subject::Store(fixtures::store(number)), changes)
    }

    /// Edits entries of a store.
    pub(super) async fn write(
        &mut self,
        session: &Session,
        number: u64,
        edits: &[(&str, Option<&str>)],
    ) -> Revision {
        let proposal = self.writing(number, edits);
        self.commit(session, proposal).await
    }

    /// The proposal to edit entries of a store, on condition of its configuration too.
    pub(super) fn writing(&mut self, number: u64, edits: &[(&str, Option<&str>)]) -> Proposal {
        let store = fixtures::store(number);
        let changes = self.edit(number, edits);
        let mut proposal = self.propose(Subject::Store(store), changes);
        proposal
            .conditions
            .push(self.condition(RecordId::Store(store)));
        proposal
    }

    /// Deletes a store as the service does: whatever of it is there, without what was before, and
    /// without a condition on what others may change meanwhile.
    pub(super) async fn remove(&mut self, session: &Session, number: u64) -> Revision {
        let proposal = self.removal(number);
        self.commit(session, proposal).await
    }

    pub(super) fn removal(&mut self, number: u64) -> Proposal {
        let store = fixtures::store(number);
        let name = ResourceName::Store(fixtures::store_name(number));
        let named = [RecordId::Name(self.owner, name), RecordId::Store(store)];
        let changing = [
            RecordId::Contents(store),
            RecordId::Tags(ResourceId::Store(store)),
            RecordId::Job(JobId::Provision(store)),
        ];
        let delete = |id: &RecordId| Change::Delete {
            id: id.clone(),
            before: Before::Unrecorded,
        };
        let mut changes: Vec<_> = named.iter().chain(&changing).map(delete).collect();
        changes.push(self.put(self.recount(-1, 0)));
        changes.push(self.put(fixtures::tombstone(self.owner, store)));
        let mut proposal = self.propose(Subject::Store(store), changes);
        proposal
            .conditions
            .retain(|condition| !changing.contains(&condition.record));
        let users = self.condition(RecordId::Users(store));
        proposal.conditions.push(users);
        proposal
    }

    /// Writes the counters of the account.
    pub(super) async fn count(&mut self, session: &Session, stores: u64) -> Revision {
        let proposal = self.counting(stores);
        self.commit(session, proposal).await
    }

    pub(super) fn counting(&mut self, stores: u64) -> Proposal {
        let change = self.put(fixtures::counted(self.owner, stores));
        self.propose(Subject::Account(self.owner), vec![change])
    }

    /// Makes a function, published, and has the store of the same number used by it.
    pub(super) async fn create_function(&mut self, session: &Session, number: u64) -> Revision {
        let etag = self.serial();
        let stage = |stage, code| fixtures::staged(self.owner, number, stage, etag, code);
        let changes = vec![
            self.put(self.recount(0, 1)),
            self.put(fixtures::function_named(self.owner, number)),
            self.put(stage(FunctionStage::Development, b"\0\xff")),
            self.put(stage(FunctionStage::Live, b"live")),
            self.put(fixtures::used_by_function(number, number)),
        ];
        let subject = Subject::Function(fixtures::function(number));
        let proposal = self.propose(subject, changes);
        self.commit(session, proposal).await
    }

    /// Changes the code of a function.
    pub(super) async fn recode(&mut self, session: &Session, number: u64, code: &[u8]) -> Revision {
        let etag = self.serial();
        let stage = FunctionStage::Development;
        let changes = vec![self.put(fixtures::staged(self.owner, number, stage, etag, code))];
        let subject = Subject::Function(fixtures::function(number));
        let proposal = self.propose(subject, changes);
        self.commit(session, proposal).await
    }

    /// Deletes a function as the service does.
    pub(super) async fn remove_function(&mut self, session: &Session, number: u64) -> Revision {
        let function = fixtures::function(number);
        let name = ResourceName::Function(fixtures::function_name(number));
        let tags = RecordId::Tags(ResourceId::Function(function));
        let stages = FunctionStage::ALL.map(|stage| RecordId::Function(function, stage));
        let discarded = stages
            .into_iter()
            .chain([RecordId::Name(self.owner, name), tags.clone()]);
        let mut changes: Vec<_> = discarded
            .map(|id| Change::Delete {
                id,
                before: Before::Unrecorded,
            })
            .collect();
        changes.push(self.delete(RecordId::Users(fixtures::store(number))));
        changes.push(self.put(self.recount(0, -1)));
        changes.push(self.put(fixtures::tombstone(self.owner, function)));
        let mut proposal = self.propose(Subject::Function(function), changes);
        proposal
            .conditions
            .retain(|condition| condition.record != tags);
        self.commit(session, proposal).await
    }

    /// The account's record with its counts changed.
    fn recount(&self, stores_by: i64, functions_by: i64) -> Record {
        let (stores, functions) = match self.state.record(&RecordId::Account(self.owner)) {
            Some(Record::Account(account)) => (account.stores, account.functions),
            _ => (0, 0),
        };
        fixtures::counted_with_functions(
            self.owner,
            stores.saturating_add_signed(stores_by),
            functions.saturating_add_signed(functions_by),
        )
    }

    /// The stores that there are, in the order of their ids.
    pub(super) fn stores(&self) -> Vec<StoreId> {
        let store = |id: &RecordId| match id {
            RecordId::Store(store) => Some(*store),
            _ => None,
        };
        self.state.records.keys().filter_map(store).collect()
    }
}

/// The revision at which a proposal was written, which an earlier try left unknown. Nobody else
/// changes the records that it puts.
async fn written_at(session: &Session, proposal: &Proposal) -> Revision {
    let loaded = session.load().await;
    let put = proposal.changes.iter().find_map(|change| match change {
        Change::Put { record, .. } => Some(record),
        _ => None,
    });
    let put = put.expect("every proposal of the suite puts a record");
    let found = loaded.state.records.get(&put.id());
    let (revision, record) = found.expect("a proposal was refused, though it was not written");
    assert_eq!(
        record, put,
        "a proposal was refused, though it was not written"
    );
    *revision
}

/// A proposal with another author and a message.
pub(super) fn said_by(proposal: Proposal, author: Author, message: &str) -> Proposal {
    Proposal {
        author,
        message: Some(Message::try_from(message.to_owned()).unwrap()),
        ..proposal
    }
}
