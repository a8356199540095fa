//! What the writer does from time to time: record the time, delete what expired long ago, and return free space.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use redb::Database;

use super::{clock::StoreClock, database::SharedDatabase, store_time::StoreTime, tables::Tables};

/// How often that happens.
const INTERVAL: Duration = Duration::from_secs(600);

/// How many entries one transaction deletes. Changes wait for it.
const MAX_DELETED: usize = if cfg!(test) { 10 } else { 10_000 };

/// A smaller file is not compacted.
const MIN_COMPACTED: u64 = 16 << 20;

/// The state between two rounds.
pub(super) struct Housekeeping {
    path: PathBuf,
    clock: Arc<StoreClock>,
    time: StoreTime,
    last: Instant,
    /// Whether the last round could not delete everything, so that the next one is due at once.
    has_more: bool,
}

impl Housekeeping {
    /// The first round, before anybody else uses the file.
    pub(super) fn start(
        path: &Path,
        database: &mut Database,
        is_new: bool,
        clock: Arc<StoreClock>,
    ) -> anyhow::Result<Self> {
        let time = match recorded_time(database)? {
            Some(time) => time,
            None if is_new => StoreTime::agreed(clock.now()),
            None => StoreTime::unknown(),
        };
        let mut housekeeping = Self { path: path.to_owned(), clock, time, last: Instant::now(), has_more: false };
        housekeeping.sweep(database)?;
        if housekeeping.is_mostly_free(database)? {
            housekeeping.compact(database)?;
        }
        Ok(housekeeping)
    }

    /// How long until the next round.
    pub(super) fn due_in(&self) -> Duration {
        if self.has_more { Duration::ZERO } else { INTERVAL.saturating_sub(self.last.elapsed()) }
    }

    pub(super) fn run(&mut self, shared: &SharedDatabase) -> anyhow::Result<()> {
        let is_mostly_free = shared.with(|database| {
            self.sweep(database)?;
            self.is_mostly_free(database)
        })?;
        if is_mostly_free {
            shared.with_exclusive(|database| self.compact(database))?;
        }
        Ok(())
    }

    /// Records the time, and deletes what expired long ago.
    fn sweep(&mut self, database: &Database) -> anyhow::Result<()> {
        let (elapsed, clock) = (self.last.elapsed(), self.clock.now());
        self.last = Instant::now();
        let time = self.time.after(elapsed, clock);
        self.log_doubts(time, clock);
        self.time = time;
        self.clock.set_trusted(time.trusted);
        let write = database.begin_write()?;
        let deleted = {
            let mut tables = Tables::open(&write)?;
            tables.record_time(time)?;
            tables.remove_expired(time.deletes_until(clock), MAX_DELETED)?
        };
        write.commit()?;
        if deleted > 0 {
            tracing::info!(deleted, "expired values were deleted");
        }
        self.has_more = deleted == MAX_DELETED;
        Ok(())
    }

    fn log_doubts(&self, time: StoreTime, clock: u64) {
        if !self.time.is_known() {
            return tracing::info!(
                "the store has recorded no time yet; nothing is deleted until Tributary has run with it for a day"
            );
        }
        match (self.time.doubts_the_clock(), time.doubts_the_clock()) {
            (false, true) => tracing::warn!(
                differs_by_seconds = clock.abs_diff(time.trusted) / 1000,
                is_ahead = clock > time.trusted,
                "the clock differs from the time that the store recorded; nothing is deleted by it until Tributary has run with it for a day"
            ),
            (true, false) => tracing::info!("the clock is trusted again; what expired a day ago is deleted"),
            _ => {}
        }
    }

    fn is_mostly_free(&self, database: &Database) -> anyhow::Result<bool> {
        let file_len = std::fs::metadata(&self.path)?.len();
        if file_len < MIN_COMPACTED {
            return Ok(false);
        }
        let write = database.begin_write()?;
        let stats = write.stats()?;
        write.abort()?;
        Ok(stats.allocated_pages() * stats.page_size() as u64 <= file_len / 2)
    }

    /// Returns free space to the file system. Everybody waits for it, for about a second for 100 MB.
    fn compact(&self, database: &mut Database) -> anyhow::Result<()> {
        let file_len = || std::fs::metadata(&self.path).map(|metadata| metadata.len());
        let (began, before) = (Instant::now(), file_len()?);
        database.compact()?;
        let seconds = began.elapsed().as_secs_f64();
        tracing::info!(bytes_before = before, bytes = file_len()?, seconds, "the embedded store's file was compacted");
        Ok(())
    }
}

fn recorded_time(database: &Database) -> anyhow::Result<Option<StoreTime>> {
    let write = database.begin_write()?;
    let time = Tables::open(&write)?.recorded_time()?;
    write.abort()?;
    Ok(time)
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::*;
    use crate::server::store::embedded::{database, tables};

    #[test]
    fn deleting_in_many_rounds_does_not_count_as_time_that_the_program_has_run_with_a_wrong_clock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.redb");
        let mut database = database::open(&path, 1 << 20).unwrap();
        tables::check_layout(&database, &path, 1).unwrap();
        let clock = |days: i64| {
            Arc::new(StoreClock::new(Arc::new(move || Timestamp::now() + SignedDuration::from_hours(24 * days))))
        };
        Housekeeping::start(&path, &mut database, true, clock(0)).unwrap();
        let write = database.begin_write().unwrap();
        for number in 0..5 * MAX_DELETED {
            let mut tables = Tables::open(&write).unwrap();
            tables.values.insert(number.to_string().as_str(), (1, b"".as_slice())).unwrap();
        }
        write.commit().unwrap();
        let mut ahead = Housekeeping::start(&path, &mut database, false, clock(70)).unwrap();
        for round in 1..=5 {
            assert!(ahead.due_in().is_zero(), "in round {round}");
            assert!(ahead.time.doubted_for < 60_000, "after {round} rounds: {} ms", ahead.time.doubted_for);
            ahead.sweep(&database).unwrap();
        }
        assert!(!ahead.due_in().is_zero(), "everything is deleted");
    }
}
