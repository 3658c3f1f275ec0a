use std::time::Duration;

use keyfront_model::Timestamp;
use keyfront_storage::Revision;
use rusqlite::{Connection, params};

/// The clock by which history ages. It follows the machine's, but never faster than twice the time that
/// really passes, and never back: no jump of the machine's clock empties the history.
///
/// Now and then it marks the current revision, so that the age of a commit is judged by the
/// marks, whatever time the commit itself names. A restart goes on from the newest mark.
pub(crate) struct HistoryClock {
    age: Duration,
    now: Option<i64>,
    /// When the newest mark was made; `None` before it was looked up.
    marked: Option<i64>,
}

/// How many marks there are within the age of a history.
const MARKS_PER_AGE: u32 = 64;

/// The shortest time between two marks.
const MIN_MARK_INTERVAL: Duration = Duration::from_secs(1);

/// The longest time between two marks, by which a restart may take the clock back.
const MAX_MARK_INTERVAL: Duration = Duration::from_secs(60 * 60);

impl HistoryClock {
    pub(crate) fn new(age: Duration) -> Self {
        Self {
            age,
            now: None,
            marked: None,
        }
    }

    /// Reads the machine's clock, some time after the last reading.
    pub(crate) fn tick(&mut self, wall: Timestamp, elapsed: Duration) {
        let wall = wall.millis();
        let most = millis(elapsed).saturating_mul(2);
        self.now = Some(match self.now {
            Some(now) if wall > now => wall.min(now.saturating_add(most)),
            Some(now) => now,
            None => wall,
        });
    }

    /// Marks a revision if a mark is due. Returns whether it was.
    pub(crate) fn mark(
        &mut self,
        connection: &Connection,
        revision: Revision,
    ) -> rusqlite::Result<bool> {
        let now = self.resume(connection)?;
        let interval = (self.age / MARKS_PER_AGE).clamp(MIN_MARK_INTERVAL, MAX_MARK_INTERVAL);
        let is_due = self
            .marked
            .is_none_or(|marked| now >= marked.saturating_add(millis(interval)));
        if is_due {
            connection
                .prepare_cached("INSERT OR REPLACE INTO marks (at, revision) VALUES (?, ?)")?
                .execute(params![now, revision.0])?;
            self.marked = Some(now);
        }
        Ok(is_due)
    }

    /// Goes on from the newest mark, which the machine's clock may have overtaken by any time.
    fn resume(&mut self, connection: &Connection) -> rusqlite::Result<i64> {
        if self.marked.is_none() {
            self.marked =
                connection.query_row("SELECT max(at) FROM marks", [], |row| row.get(0))?;
            if let Some(marked) = self.marked {
                self.now = Some(marked);
            }
        }
        Ok(self.now.unwrap_or_default())
    }

    /// The revision before which everything is too old. Marks that are not needed for it any more are
    /// removed.
    pub(crate) fn horizon(&self, connection: &Connection) -> rusqlite::Result<Option<Revision>> {
        let oldest = self
            .now
            .unwrap_or_default()
            .saturating_sub(millis(self.age));
        let horizon: Option<(i64, u64)> = connection
            .prepare_cached(
                "SELECT at, revision FROM marks WHERE at <= ? ORDER BY at DESC LIMIT 1",
            )?
            .query_map([oldest], |row| Ok((row.get(0)?, row.get(1)?)))?
            .next()
            .transpose()?;
        let Some((at, revision)) = horizon else {
            return Ok(None);
        };
        connection
            .prepare_cached("DELETE FROM marks WHERE at < ?")?
            .execute([at])?;
        Ok(Some(Revision(revision)))
    }

    /// Has the newest mark looked up again.
    pub(crate) fn roll_back(&mut self) {
        self.marked = None;
    }
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 60 * 60 * 1000;

    fn clock_at(now: i64) -> HistoryClock {
        let mut clock = HistoryClock::new(Duration::from_secs(7 * 24 * 60 * 60));
        clock.tick(Timestamp::from_millis(now), Duration::ZERO);
        clock
    }

    fn after(mut clock: HistoryClock, wall: i64, elapsed: u64) -> i64 {
        clock.tick(Timestamp::from_millis(wall), Duration::from_millis(elapsed));
        clock.now.unwrap()
    }

    #[test]
    fn it_follows_the_machines_clock() {
        assert_eq!(after(clock_at(DAY), DAY + 500, 500), DAY + 500);
        assert_eq!(after(clock_at(DAY), DAY + 900, 500), DAY + 900);
    }

    #[test]
    fn a_jump_moves_it_by_no_more_than_twice_the_time_that_passed() {
        assert_eq!(after(clock_at(DAY), 40 * DAY, 500), DAY + 1000);
        assert_eq!(after(clock_at(DAY), i64::MAX, 0), DAY);
    }

    #[test]
    fn it_never_goes_back() {
        assert_eq!(after(clock_at(DAY), 0, 500), DAY);
        assert_eq!(after(clock_at(DAY), i64::MIN, 500), DAY);
    }
}
