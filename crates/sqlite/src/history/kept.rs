use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use keyfront_model::AccountId;
use keyfront_storage::format::decode_record;
use keyfront_storage::{Record, RecordId, ResourceId, Retention, Subject};
use rusqlite::{Connection, OptionalExtension, params};

use super::{ROWS_PER_STEP, SubjectColumn};
use crate::counts::KeptHistory;

/// What is kept of one subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kept {
    owner: AccountId,
    commits: u64,
    bytes: u64,
}

/// What is kept of each subject, as far as it is known: all of it once the count of the start has come,
/// before that what was written since.
#[derive(Default)]
pub(crate) struct Counters {
    settled: HashMap<Subject, Kept>,
    /// What the transaction under way has changed.
    staged: HashMap<Subject, Kept>,
    /// The bytes of each account; `None` until the count of the start has come.
    accounts: Option<HashMap<AccountId, u64>>,
    /// Those of the accounts in which the transaction under way has changed something.
    staged_accounts: HashMap<AccountId, u64>,
    /// Of all settled subjects.
    total: KeptHistory,
}

/// How many commits a subject may have over its bound before they are removed, lest every commit pay
/// for the removal of one.
const COMMITS_OVER: u64 = 64;

/// Which part of a bound on bytes may be passed, for the same reason.
const BYTES_OVER_PART: u64 = 16;

impl Counters {
    /// Counts a commit that was written.
    pub(crate) fn add(
        &mut self,
        connection: &Connection,
        subject: Subject,
        owner: AccountId,
        bytes: u64,
    ) -> rusqlite::Result<()> {
        let before = self.get(subject);
        let kept = match before {
            Some(before) => Kept {
                owner,
                commits: before.commits + 1,
                bytes: before.bytes + bytes,
            },
            None => count(connection, subject, owner)?,
        };
        self.stage(subject, before, kept);
        Ok(())
    }

    fn stage(&mut self, subject: Subject, before: Option<Kept>, kept: Kept) {
        if let Some(total) = self.account_bytes(kept.owner) {
            let before = before.map_or(0, |before| before.bytes);
            let total = total.saturating_sub(before) + kept.bytes;
            self.staged_accounts.insert(kept.owner, total);
        }
        self.staged.insert(subject, kept);
    }

    fn get(&self, subject: Subject) -> Option<Kept> {
        let kept = self.staged.get(&subject);
        kept.or_else(|| self.settled.get(&subject)).copied()
    }

    /// Counts a subject again of which commits were removed.
    pub(crate) fn recount(
        &mut self,
        connection: &Connection,
        subject: Subject,
    ) -> rusqlite::Result<()> {
        if let Some(kept) = self.get(subject) {
            let recounted = count(connection, subject, kept.owner)?;
            self.stage(subject, Some(kept), recounted);
        }
        Ok(())
    }

    /// Removes the oldest commits of a subject that has too many or too large ones.
    pub(crate) fn bound(
        &mut self,
        connection: &Connection,
        subject: Subject,
        retention: &Retention,
    ) -> rusqlite::Result<()> {
        let Some(kept) = self.get(subject) else {
            return Ok(());
        };
        let bytes = retention.bytes;
        let is_over = kept.commits >= retention.commits.saturating_add(COMMITS_OVER)
            || kept.bytes > bytes.saturating_add(bytes / BYTES_OVER_PART);
        // The newest commit of a subject is never removed, however large it is.
        if !is_over || kept.commits <= 1 {
            return Ok(());
        }
        let Some(last_over) = newest_over(connection, subject, kept, retention)? else {
            return Ok(());
        };
        let removed = remove_until(connection, subject, last_over)?;
        let left = Kept {
            owner: kept.owner,
            commits: kept.commits.saturating_sub(removed.commits),
            bytes: kept.bytes.saturating_sub(removed.bytes),
        };
        self.stage(subject, Some(kept), left);
        Ok(())
    }

    /// Removes the oldest commits of an account that has too many bytes of them, whatever their subject.
    pub(crate) fn bound_account(
        &mut self,
        connection: &Connection,
        account: AccountId,
        bytes: u64,
    ) -> rusqlite::Result<()> {
        let Some(total) = self.account_bytes(account) else {
            return Ok(());
        };
        if total <= bytes.saturating_add(bytes / BYTES_OVER_PART) {
            return Ok(());
        }
        let mut excess = total - bytes;
        let mut oldest = BinaryHeap::new();
        for subject in self.subjects_of(account) {
            oldest.extend(oldest_after(connection, subject, 0)?.map(Reverse));
        }
        for _ in 0..ROWS_PER_STEP {
            let Some(Reverse(row)) = oldest.pop() else {
                break;
            };
            connection
                .prepare_cached("DELETE FROM commits WHERE revision = ?")?
                .execute([row.revision])?;
            self.recount(connection, row.subject)?;
            excess = excess.saturating_sub(row.bytes);
            if excess == 0 {
                break;
            }
            oldest.extend(oldest_after(connection, row.subject, row.revision)?.map(Reverse));
        }
        Ok(())
    }

    fn account_bytes(&self, account: AccountId) -> Option<u64> {
        let settled = self.accounts.as_ref()?.get(&account);
        let total = self.staged_accounts.get(&account).or(settled);
        Some(total.copied().unwrap_or_default())
    }

    fn subjects_of(&self, account: AccountId) -> Vec<Subject> {
        let all = self.settled.iter().chain(&self.staged);
        let mut subjects: Vec<_> = all
            .filter(|(_, kept)| kept.owner == account)
            .map(|(subject, _)| *subject)
            .collect();
        subjects.sort_unstable();
        subjects.dedup();
        subjects
    }

    /// Keeps what the transaction under way has changed.
    pub(crate) fn settle(&mut self) {
        for (subject, kept) in self.staged.drain() {
            let before = self.settled.insert(subject, kept);
            let (commits, bytes) = before.map_or((0, 0), |kept| (kept.commits, kept.bytes));
            self.total.commits = self.total.commits.saturating_sub(commits) + kept.commits;
            self.total.bytes = self.total.bytes.saturating_sub(bytes) + kept.bytes;
            if kept.commits == 0 {
                self.settled.remove(&subject);
            }
        }
        if let Some(accounts) = &mut self.accounts {
            accounts.extend(self.staged_accounts.drain());
        }
    }

    /// Forgets what the transaction under way has changed.
    pub(crate) fn roll_back(&mut self) {
        self.staged.clear();
        self.staged_accounts.clear();
    }

    /// Takes the count of the start. What was written since is known better.
    pub(crate) fn take(&mut self, counted: Vec<(Subject, Kept)>) {
        for (subject, kept) in counted {
            self.settled.entry(subject).or_insert(kept);
        }
        let mut accounts = HashMap::new();
        self.total = KeptHistory::default();
        for kept in self.settled.values() {
            *accounts.entry(kept.owner).or_default() += kept.bytes;
            self.total.commits += kept.commits;
            self.total.bytes += kept.bytes;
        }
        self.accounts = Some(accounts);
    }

    /// What is kept of all subjects; `None` until the count of the start has come.
    pub(crate) fn kept(&self) -> Option<KeptHistory> {
        self.accounts.is_some().then_some(self.total)
    }
}

/// A commit that could be removed, ordered by its revision.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    revision: u64,
    bytes: u64,
    subject: Subject,
}

/// The oldest commit of a subject after a revision, but not its newest.
fn oldest_after(
    connection: &Connection,
    subject: Subject,
    revision: u64,
) -> rusqlite::Result<Option<Row>> {
    connection
        .prepare_cached(
            "SELECT revision, bytes FROM commits WHERE subject = ?1 AND revision > ?2
             AND revision < (SELECT max(revision) FROM commits WHERE subject = ?1)
             ORDER BY revision LIMIT 1",
        )?
        .query_row(params![SubjectColumn(subject), revision], |row| {
            Ok(Row {
                revision: row.get(0)?,
                bytes: row.get(1)?,
                subject,
            })
        })
        .optional()
}

fn count(connection: &Connection, subject: Subject, owner: AccountId) -> rusqlite::Result<Kept> {
    connection
        .prepare_cached("SELECT count(*), coalesce(sum(bytes), 0) FROM commits WHERE subject = ?")?
        .query_row([SubjectColumn(subject)], |row| {
            Ok(Kept {
                owner,
                commits: row.get(0)?,
                bytes: row.get(1)?,
            })
        })
}

/// Commits of one subject.
#[derive(Default)]
struct Sum {
    commits: u64,
    bytes: u64,
}

/// The newest of a subject's commits that is over a bound: without it and all before it, the rest of what is
/// kept is within both. It is never the subject's newest.
fn newest_over(
    connection: &Connection,
    subject: Subject,
    kept: Kept,
    retention: &Retention,
) -> rusqlite::Result<Option<u64>> {
    let mut statement = connection.prepare_cached(
        "SELECT revision, bytes FROM commits WHERE subject = ? ORDER BY revision",
    )?;
    let mut rows = statement.query([SubjectColumn(subject)])?;
    let (mut commits, mut bytes) = (kept.commits, kept.bytes);
    let mut newest = None;
    while (commits > retention.commits || bytes > retention.bytes)
        && commits > 1
        && let Some(row) = rows.next()?
    {
        newest = Some(row.get(0)?);
        commits -= 1;
        bytes = bytes.saturating_sub(row.get(1)?);
    }
    Ok(newest)
}

/// Removes a subject's commits up to a revision.
fn remove_until(connection: &Connection, subject: Subject, last: u64) -> rusqlite::Result<Sum> {
    let mut statement = connection.prepare_cached(
        "DELETE FROM commits WHERE subject = ? AND revision <= ? RETURNING bytes",
    )?;
    let mut rows = statement.query(params![SubjectColumn(subject), last])?;
    let mut removed = Sum::default();
    while let Some(row) = rows.next()? {
        removed.commits += 1;
        removed.bytes += row.get::<_, u64>(0)?;
    }
    Ok(removed)
}

/// Counts all subjects; their owners are in their records.
pub(crate) fn count_all(connection: &Connection) -> rusqlite::Result<Vec<(Subject, Kept)>> {
    let mut counted = Vec::new();
    let mut last: Vec<u8> = Vec::new();
    let mut next = connection
        .prepare("SELECT subject FROM commits WHERE subject > ? ORDER BY subject LIMIT 1")?;
    while let Some(column) = next
        .query_row([&last], |row| row.get::<_, Vec<u8>>(0))
        .optional()?
    {
        if let Some(subject) = SubjectColumn::read(&column)
            && let Some(owner) = owner_of(connection, subject)?
        {
            counted.push((subject, count(connection, subject, owner)?));
        }
        last = column;
    }
    Ok(counted)
}

/// The account that a subject belongs to; `None` where no record says it, as after its tombstone was removed.
fn owner_of(connection: &Connection, subject: Subject) -> rusqlite::Result<Option<AccountId>> {
    let resource = match subject {
        Subject::Account(account) => return Ok(Some(account)),
        Subject::Store(store) => ResourceId::Store(store),
        Subject::Function(function) => ResourceId::Function(function),
    };
    for id in [resource.configuration(), RecordId::Tombstone(resource)] {
        let body: Option<String> = connection
            .prepare_cached("SELECT body FROM records WHERE id = ?")?
            .query_row([id.to_string()], |row| row.get(0))
            .optional()?;
        // A body that can't be read is refused by the load.
        match body.as_deref().map(decode_record) {
            Some(Ok(Record::Store(store))) => return Ok(Some(store.account)),
            Some(Ok(Record::Function(function))) => return Ok(Some(function.account)),
            Some(Ok(Record::Tombstone(tombstone))) => return Ok(Some(tombstone.account)),
            _ => {}
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use keyfront_model::StoreId;

    use super::*;
    use crate::schema;

    #[test]
    fn an_account_is_what_its_subjects_are_whatever_was_rolled_back() {
        let connection = Connection::open_in_memory().unwrap();
        schema::prepare(&connection, &schema::MIGRATIONS).unwrap();
        let owner: AccountId = "123456789012".parse().unwrap();
        let [one, other] = [1, 2].map(|id| Subject::Store(StoreId::from_random(id)));
        let kept = Kept {
            owner,
            commits: 1,
            bytes: 10,
        };
        let mut counters = Counters::default();
        assert_eq!(counters.account_bytes(owner), None);
        counters.take(vec![(one, kept), (other, kept)]);
        assert_eq!(counters.account_bytes(owner), Some(20));

        for subject in [one, other, one] {
            counters.add(&connection, subject, owner, 7).unwrap();
        }
        assert_eq!(counters.account_bytes(owner), Some(41));
        counters.roll_back();
        assert_eq!(counters.account_bytes(owner), Some(20));

        counters.add(&connection, one, owner, 7).unwrap();
        // The database has no commit of it.
        counters.recount(&connection, other).unwrap();
        assert_eq!(counters.account_bytes(owner), Some(17));
        counters.settle();
        assert_eq!(counters.account_bytes(owner), Some(17));
        assert_eq!(counters.kept().unwrap().bytes, 17);
        counters.add(&connection, one, owner, 1).unwrap();
        assert_eq!(counters.account_bytes(owner), Some(18));
    }
}
