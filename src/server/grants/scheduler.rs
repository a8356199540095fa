//! The refresh scheduler: refreshes grants ahead of time, so that no request waits for a refresh and no grant expires
//! because nobody used it.
//!
//! It follows the schedule, which is a hint: when a scheduler starts and once an hour, it scans all grants for those that
//! the schedule lacks. One process at a time is the scheduler, by a lease. Two at once would do no harm, since each refresh
//! is claimed in its grant.

mod lease;
mod overdue;
mod visit;

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use futures::{StreamExt, future::join_all};

use self::lease::Lease;
use super::{GrantError, Grants};
use crate::server::{
    connections::ConnectionKey,
    providers::{self, Provider},
};

/// How often the schedule is checked.
const INTERVAL: Duration = Duration::from_secs(5);

/// How often all grants are scanned.
const SCAN_INTERVAL: Duration = Duration::from_secs(3600);

/// One process's refresh scheduler.
pub struct RefreshScheduler {
    grants: Grants,
    lease: Lease,
    scanned_at: Option<Instant>,
}

impl RefreshScheduler {
    pub fn new(grants: Grants) -> Self {
        Self { lease: Lease::new(grants.vault.store.clone()), grants, scanned_at: None }
    }

    /// Runs until `stopped`, and works while this process holds the lease. Refreshes in flight continue in their own tasks.
    pub async fn run_until(mut self, stopped: impl Future<Output = ()>) {
        tokio::select! {
            () = self.run() => {}
            () = stopped => {}
        }
        if let Err(error) = self.lease.release().await {
            tracing::warn!(%error, "the lease of the refresh scheduler could not be given back");
        }
    }

    async fn run(&mut self) {
        let mut ticks = tokio::time::interval(INTERVAL);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(error) = self.run_once().await {
                tracing::warn!(%error, "the refresh scheduler failed");
            }
        }
    }

    /// Refreshes everything that is due, if this process holds the lease. Returns how many grants it visited.
    pub async fn run_once(&mut self) -> Result<usize, GrantError> {
        if !self.lease.acquire().await? {
            return Ok(0);
        }
        let scans = self.scanned_at.is_none_or(|at| at.elapsed() > SCAN_INTERVAL);
        let visited = tokio::select! {
            visited = self.work(scans) => visited?,
            // Refreshes in flight continue in their own tasks; the new owner of the lease does the rest.
            () = self.lease.lost() => return Ok(0),
        };
        if scans {
            self.scanned_at = Some(Instant::now());
        }
        Ok(visited)
    }

    async fn work(&self, scans: bool) -> Result<usize, GrantError> {
        let mut visited = self.visit_due().await?;
        if scans {
            self.scan().await?;
            visited += self.visit_due().await?;
        }
        Ok(visited)
    }

    async fn visit_due(&self) -> Result<usize, GrantError> {
        let (mut visited, mut previous) = (0, Vec::new());
        loop {
            let due = self.grants.vault.schedule.due().await?;
            // The same batch again means that it could not be rescheduled.
            if due.is_empty() || due == previous {
                return Ok(visited);
            }
            visited += due.len();
            // Providers are visited concurrently, so that one that does not respond delays only its own grants.
            let of = |provider: &Provider| {
                let prefix = ConnectionKey::prefix_of(provider);
                due.iter().filter(|key| key.starts_with(&prefix)).cloned().collect::<Vec<_>>()
            };
            join_all(providers::ALL.iter().map(|provider| self.visit_all(of(provider)))).await;
            for key in due.iter().filter(|key| ConnectionKey::parse(key).is_none()) {
                self.grants.vault.schedule.set(key, None).await;
            }
            previous = due;
        }
    }

    /// Adds every grant to the schedule that it lacks, or has at an impossible time.
    async fn scan(&self) -> Result<(), GrantError> {
        let vault = &self.grants.vault;
        let scheduled: HashSet<_> = vault.schedule.all().await?.into_iter().collect();
        let (mut all, mut grants, mut added) = (std::pin::pin!(vault.all()), 0, 0);
        while let Some(found) = all.next().await {
            let (key, grant) = found?;
            grants += 1;
            let now = (vault.clock)();
            let at = grant.scheduled_at(now);
            if grant.is_alive() && (at.is_none() || !scheduled.contains(&key)) {
                added += 1;
                // A grant that was saved while no scheduler was enabled, or by a wrong clock, has no time yet.
                let at = at.or_else(|| grant.rescheduled_at(now));
                vault.schedule.set(&key, at).await;
            }
        }
        tracing::info!(grants, added, "scanned all grants for the schedule");
        Ok(())
    }
}
