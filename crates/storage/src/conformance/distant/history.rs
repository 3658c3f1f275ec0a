use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use keyfront_model::{AccountId, Timestamp};

use super::Fault;
use super::data::Image;
use crate::{Before, Change, Commit, HistoryPage, RecordId, Retention, Revision, Subject, format};

/// The commits of each subject, as far as they are kept.
#[derive(Clone)]
pub(super) struct History {
    retention: Retention,
    kept: BTreeMap<Subject, VecDeque<Kept>>,
    /// The time of the commit before the newest.
    previous: Option<Timestamp>,
    fault: Option<Fault>,
}

#[derive(Clone)]
struct Kept {
    commit: Arc<Commit>,
    /// How long it is as written.
    bytes: u64,
}

impl History {
    pub(super) fn new(retention: Retention, fault: Option<Fault>) -> Self {
        Self {
            retention,
            kept: BTreeMap::new(),
            previous: None,
            fault,
        }
    }

    pub(super) fn set_retention(&mut self, retention: Retention) {
        self.retention = retention;
    }

    /// Takes a commit in, after which the image is what is stored, and removes what passes a bound.
    pub(super) fn append(&mut self, commit: &Arc<Commit>, image: &Image) {
        // One clock that is ahead must not empty the history: of two times the earlier one counts.
        let previous = self.previous.replace(commit.at);
        let now = previous.map_or(commit.at, |previous| previous.min(commit.at));
        if !self.retention.keeps_any() {
            self.kept.clear();
            return;
        }
        let bytes = format::encode_commit(commit).map_or(0, |text| text.len() as u64);
        let kept = Kept {
            commit: commit.clone(),
            bytes,
        };
        let subject = commit.subject;
        self.kept.entry(subject).or_default().push_back(kept);
        if self.fault == Some(Fault::RemovesNothing) {
            return;
        }
        self.end_deleted(commit, image);
        self.bound_subject(subject);
        self.bound_age(now);
        self.bound_account(commit.owner);
    }

    /// The history of a resource ends with the commit that deletes it, and that one goes with the
    /// tombstone.
    fn end_deleted(&mut self, commit: &Commit, image: &Image) {
        if let Some(resource) = commit.subject.resource()
            && !image.records.contains_key(&resource.configuration())
            && let Some(kept) = self.kept.get_mut(&commit.subject)
        {
            kept.drain(..kept.len().saturating_sub(1));
        }
        for change in &commit.changes {
            if let Change::Delete {
                id: RecordId::Tombstone(resource),
                ..
            } = change
            {
                self.kept.remove(&Subject::from(*resource));
            }
        }
    }

    /// The fewest commits of a subject that are kept whatever the bounds.
    fn floor(&self) -> usize {
        usize::from(self.fault != Some(Fault::RemovesNewest))
    }

    fn bound_subject(&mut self, subject: Subject) {
        let floor = self.floor();
        let Some(kept) = self.kept.get_mut(&subject) else {
            return;
        };
        let mut bytes: u64 = kept.iter().map(|kept| kept.bytes).sum();
        let (most, most_bytes) = (self.retention.commits, self.retention.bytes);
        while kept.len() > floor && (kept.len() as u64 > most || bytes > most_bytes) {
            bytes -= kept.pop_front().map_or(0, |kept| kept.bytes);
        }
    }

    fn bound_age(&mut self, now: Timestamp) {
        let (floor, age) = (self.floor(), self.retention.age);
        for kept in self.kept.values_mut() {
            let is_old = |kept: &Kept| kept.commit.at.plus(age) < now;
            while kept.len() > floor && kept.front().is_some_and(is_old) {
                kept.pop_front();
            }
        }
    }

    /// Removes the oldest commits of all subjects of an account.
    fn bound_account(&mut self, owner: AccountId) {
        let floor = self.floor();
        let is_owned =
            |kept: &VecDeque<Kept>| kept.front().is_some_and(|kept| kept.commit.owner == owner);
        let owned = self.kept.values().filter(|kept| is_owned(kept));
        let mut bytes: u64 = owned.flatten().map(|kept| kept.bytes).sum();
        while bytes > self.retention.account_bytes {
            let owned = self.kept.values_mut().filter(|kept| is_owned(kept));
            let removable = owned.filter(|kept| kept.len() > floor);
            let oldest = removable.min_by_key(|kept| kept.front().map(|kept| kept.commit.revision));
            let Some(removed) = oldest.and_then(VecDeque::pop_front) else {
                return;
            };
            bytes -= removed.bytes;
        }
    }

    pub(super) fn page(
        &self,
        subject: Subject,
        before: Option<Revision>,
        limit: usize,
    ) -> HistoryPage {
        let leaks = self.fault == Some(Fault::LeaksHistory);
        let is_in = |commit: &Commit| {
            (leaks || commit.subject == subject)
                && before.is_none_or(|before| commit.revision < before)
        };
        let all = self.kept.values().flatten().map(|kept| &kept.commit);
        let mut commits: Vec<_> = all.filter(|commit| is_in(commit)).cloned().collect();
        commits.sort_by_key(|commit| std::cmp::Reverse(commit.revision));
        let more = commits.len() > limit;
        commits.truncate(limit);
        if self.fault == Some(Fault::ForgetsBefore) {
            commits
                .iter_mut()
                .for_each(|commit| forget_before(Arc::make_mut(commit)));
        }
        HistoryPage { commits, more }
    }
}

fn forget_before(commit: &mut Commit) {
    for change in &mut commit.changes {
        match change {
            Change::Put { before, .. } => *before = Before::Absent,
            Change::Delete { .. } => {}
            Change::Entries { entries, .. } => {
                entries.iter_mut().for_each(|entry| entry.before = None);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{Author, Task};

    fn commit(revision: u64, account: u64, at: i64) -> Arc<Commit> {
        let account = format!("{account:012}").parse().unwrap();
        Arc::new(Commit {
            revision: Revision(revision),
            subject: Subject::Account(account),
            owner: account,
            author: Author::Keyfront(Task::ForgetDeleted),
            message: None,
            at: Timestamp::from_millis(at),
            changes: Vec::new(),
        })
    }

    fn kept(retention: Retention, commits: &[Arc<Commit>]) -> Vec<u64> {
        let mut history = History::new(retention, None);
        for commit in commits {
            history.append(commit, &Image::default());
        }
        let all = history.kept.values().flatten();
        all.map(|kept| kept.commit.revision.0).collect()
    }

    #[test]
    fn age_is_not_judged_by_one_clock_reading() {
        let retention = Retention {
            age: Duration::from_millis(100),
            ..Retention::default()
        };
        let ahead = [
            commit(1, 1, 0),
            commit(2, 1, 1),
            commit(3, 1, 1_000_000),
            commit(4, 1, 2),
        ];
        assert_eq!(kept(retention.clone(), &ahead), [1, 2, 3, 4]);
        let later = [
            commit(1, 1, 0),
            commit(2, 1, 1),
            commit(3, 1, 1000),
            commit(4, 1, 1001),
        ];
        assert_eq!(kept(retention, &later), [3, 4]);
    }

    #[test]
    fn the_oldest_of_an_account_goes_first() {
        let bytes = format::encode_commit(&commit(1, 1, 0)).unwrap().len();
        let retention = Retention {
            account_bytes: 3 * bytes as u64,
            ..Retention::default()
        };
        let two_accounts = [
            commit(1, 1, 0),
            commit(2, 2, 0),
            commit(3, 1, 0),
            commit(4, 1, 0),
            commit(5, 1, 0),
        ];
        assert_eq!(kept(retention, &two_accounts), [3, 4, 5, 2]);
    }
}
