//! Loads that one caller repeats are one entry: a program that loads every second would fill the log.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use super::entries::Entries;
use crate::model::AuditEntry;

/// Loads of a connection by one caller and with one outcome within this time are one entry.
const INTERVAL: Duration = Duration::from_secs(300);

/// The loads of the last minutes, by caller, connection and outcome.
#[derive(Default)]
pub(super) struct RepeatedLoads(Mutex<HashMap<String, Arc<Mutex<Repeated>>>>);

struct Repeated {
    began: Instant,
    /// The time of the first load.
    first_at: String,
    /// The last load, and how many there were.
    last: AuditEntry,
    /// The records of all loads.
    records: u64,
    /// The entry as it is stored, once it is.
    stored: Option<String>,
    /// Whether a task is writing the entry.
    is_writing: bool,
    /// Whether the entry has to be written again.
    has_changed: bool,
}

impl RepeatedLoads {
    /// Writes the entry of a load, or counts it in the entry of the loads before.
    pub(super) async fn record(&self, entries: &Entries, caller: String, org_id: &str, entry: AuditEntry) {
        let repeated = self.add(caller, entry);
        let is_written_by_another = {
            let mut repeated = repeated.lock();
            repeated.has_changed = true;
            std::mem::replace(&mut repeated.is_writing, true)
        };
        if is_written_by_another {
            return;
        }
        let (entries, org_id) = (entries.clone(), org_id.to_owned());
        // A caller that is dropped must not leave the entry half written.
        let _ = tokio::spawn(async move { write(&entries, &org_id, &repeated).await }).await;
    }

    fn add(&self, caller: String, entry: AuditEntry) -> Arc<Mutex<Repeated>> {
        let mut all = self.0.lock();
        // Old entries are removed only when the map would grow, so the cost of a load does not grow with it.
        if all.len() >= all.capacity() {
            all.retain(|_, repeated| repeated.lock().began.elapsed() < INTERVAL);
        }
        let records = entry.load.as_ref().map_or(0, |load| load.records);
        if let Some(repeated) = all.get(&caller) {
            let mut current = repeated.lock();
            if current.began.elapsed() < INTERVAL {
                let count = current.last.count + 1;
                current.last = AuditEntry { count, ..entry };
                current.records += records;
                return repeated.clone();
            }
        }
        let repeated = Arc::new(Mutex::new(Repeated {
            began: Instant::now(),
            first_at: entry.at.clone(),
            last: entry,
            records,
            stored: None,
            is_writing: false,
            has_changed: true,
        }));
        all.insert(caller, repeated.clone());
        repeated
    }
}

/// Writes the entry until it has not changed meanwhile.
async fn write(entries: &Entries, org_id: &str, repeated: &Mutex<Repeated>) {
    loop {
        let (entry, replaced) = {
            let mut repeated = repeated.lock();
            repeated.has_changed = false;
            (repeated.entry(), repeated.stored.take())
        };
        let stored = entries.write(org_id, entry, replaced).await;
        let mut repeated = repeated.lock();
        repeated.stored = stored;
        if !repeated.has_changed {
            repeated.is_writing = false;
            return;
        }
    }
}

impl Repeated {
    fn entry(&self) -> AuditEntry {
        let (count, records) = (self.last.count, self.records);
        if count == 1 {
            return self.last.clone();
        }
        let last = self.last.detail.as_deref().unwrap_or_default();
        // The time of a timestamp in RFC 3339.
        let since = self.first_at.get(11..19).unwrap_or(&self.first_at);
        let detail = format!("{last} The last of {count} such loads since {since}, with {records} records in all.");
        AuditEntry { detail: Some(detail), ..self.last.clone() }
    }
}
