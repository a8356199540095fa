//! The probe: it writes to the store and reads back, again and again, and keeps the last result. `/readyz` tells that result,
//! so that asking for it costs the store nothing.

use std::{sync::Arc, time::Duration};

use anyhow::ensure;
use parking_lot::Mutex;
use tokio::time::{Instant, timeout};

use super::{Store, StoreError};
use crate::server::failpoint;

/// How often the store is probed.
const INTERVAL: Duration = Duration::from_secs(10);

/// A store that takes longer has failed.
const TIMEOUT: Duration = Duration::from_secs(5);

/// How long a store keeps what a probe has written.
const LIFETIME: Duration = Duration::from_secs(60);

/// What is wrong with a store, in words that may be shown to anybody: they continue "The store failed its last probe: ".
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Finding(pub String);

/// The last result of the probe of a store.
pub struct Probe {
    store: Arc<dyn Store>,
    interval: Duration,
    last: Mutex<Option<Last>>,
}

struct Last {
    at: Instant,
    /// What was found wrong.
    result: Result<(), String>,
}

impl Probe {
    /// A probe that has not run yet.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, interval: failpoint::interval(failpoint::PROBE_INTERVAL, INTERVAL), last: Mutex::default() }
    }

    /// Probes the store for ever, first after one interval.
    pub async fn repeat(&self) {
        loop {
            tokio::time::sleep(self.interval).await;
            self.run().await;
        }
    }

    /// Probes the store. Logs when it begins to fail, when it fails for another reason, and when it works again.
    pub async fn run(&self) {
        let result = match timeout(TIMEOUT, self.store.probe()).await {
            Ok(result) => result.map_err(|StoreError(error)| error),
            Err(_) => Err(anyhow::anyhow!("no answer within {} s", TIMEOUT.as_secs())),
        };
        let found = match &result {
            Ok(()) => Ok(()),
            Err(error) => Err(error.downcast_ref().map_or_else(
                || "it could not be written and read back; the log says why".to_owned(),
                |Finding(finding)| finding.clone(),
            )),
        };
        let before = self.last.lock().replace(Last { at: Instant::now(), result: found.clone() });
        let before = before.map_or(Ok(()), |last| last.result);
        match result {
            Ok(()) if before.is_err() => tracing::info!("the store works again; /readyz responds 200"),
            Err(error) if before != found => {
                tracing::error!(error = format!("{error:#}"), "the store failed its probe; /readyz responds 503");
            }
            _ => {}
        }
    }

    /// A sentence about the last result: an error unless the store worked, and that is not too long ago.
    pub fn last(&self) -> Result<String, String> {
        let last = self.last.lock();
        let Some(Last { at, result }) = &*last else { return Err("The store has not been probed yet.".to_owned()) };
        let age = at.elapsed();
        let seconds = age.as_secs();
        if age > 2 * self.interval + TIMEOUT {
            return Err(format!(
                "The last probe of the store was {seconds} s ago, and one is due every {} s.",
                self.interval.as_secs()
            ));
        }
        match result {
            Ok(()) => Ok(format!("The store was written and read back {seconds} s ago.")),
            Err(found) => Err(format!("The store failed its last probe, {seconds} s ago: {found}.")),
        }
    }
}

/// A key for a probe that others do not use at the same time.
pub(super) fn unique_key() -> String {
    format!("probe/{:032x}", rand::random::<u128>())
}

/// Writes a value under a key, and reads it back.
pub(super) async fn write_and_read_back<S: Store + ?Sized>(store: &S, key: &str) -> Result<(), StoreError> {
    let value: [u8; 16] = rand::random();
    store.put(key, &value, LIFETIME).await?;
    let found = store.get(key).await?;
    check(found.as_deref() == Some(&value))?;
    Ok(())
}

fn check(is_same: bool) -> anyhow::Result<()> {
    ensure!(is_same, Finding("what was written could not be read back".to_owned()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::store::Embedded;

    #[tokio::test(start_paused = true)]
    async fn a_probe_that_has_not_run_for_long_is_a_failure() {
        let folder = tempfile::tempdir().unwrap();
        let probe = Probe::new(Arc::new(Embedded::open(&folder.path().join("store.redb")).unwrap()));
        assert_eq!(probe.last().unwrap_err(), "The store has not been probed yet.");
        // A result of the store itself is not waited for on the paused clock.
        *probe.last.lock() = Some(Last { at: Instant::now(), result: Ok(()) });
        tokio::time::advance(2 * INTERVAL).await;
        assert_eq!(probe.last().unwrap(), "The store was written and read back 20 s ago.");
        tokio::time::advance(INTERVAL).await;
        assert_eq!(probe.last().unwrap_err(), "The last probe of the store was 30 s ago, and one is due every 10 s.");
    }
}
