//! What all stand-ins share: the address, the seed, the clock, the settings and the counters.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;

use super::{clock::Clock, faults::Faults, settings::Settings, stats::Stats};

pub(crate) struct World {
    pub public_url: String,
    pub seed: u64,
    pub clock: Clock,
    pub stats: Stats,
    settings: Mutex<Settings>,
    faults: Mutex<Faults>,
    /// By provider.
    cuts: Mutex<HashMap<&'static str, Cuts>>,
}

/// Moments up to which everything that a provider issued was cut off at once.
#[derive(Clone, Copy, Default)]
pub(crate) struct Cuts {
    /// Access tokens issued up to here are expired.
    pub expired: Option<Timestamp>,
    /// Refresh tokens issued up to here are revoked.
    pub revoked: Option<Timestamp>,
}

impl World {
    pub(crate) fn new(public_url: String, seed: u64, settings: Settings, clock: Clock) -> Self {
        Self {
            public_url,
            seed,
            clock,
            stats: Stats::default(),
            settings: Mutex::new(settings),
            faults: Mutex::default(),
            cuts: Mutex::default(),
        }
    }

    /// The settings of this moment; a later change does not reach a request that already holds them.
    pub(crate) fn settings(&self) -> Settings {
        held(&self.settings).clone()
    }

    pub(crate) fn settings_mut(&self) -> MutexGuard<'_, Settings> {
        held(&self.settings)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        held(&self.faults)
    }

    /// The cuts of a provider.
    pub(crate) fn cuts(&self, provider: &str) -> Cuts {
        held(&self.cuts).get(provider).copied().unwrap_or_default()
    }

    pub(crate) fn cut(&self, provider: &'static str, change: impl FnOnce(&mut Cuts)) {
        change(held(&self.cuts).entry(provider).or_default());
    }

    /// Back to how it began, except for the settings other than faults.
    pub(crate) fn reset(&self) {
        self.stats.reset();
        self.settings_mut().faults.clear();
        self.faults().arm(&[], self.clock.now());
        held(&self.cuts).clear();
    }
}

/// A handler that panicked has left nothing half done in these maps and counters, so its poison is ignored.
pub(crate) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
