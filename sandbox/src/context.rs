//! What all stand-ins of one sandbox share: its address, seed and clock, the general settings, faults and request counters.

use parking_lot::{Mutex, MutexGuard};

use self::clock::Clock;
use crate::{
    control::settings::Settings,
    traffic::{faults::Faults, stats::Stats},
};

pub(crate) mod clock;

pub(crate) struct Context {
    pub public_url: String,
    pub seed: u64,
    pub clock: Clock,
    pub stats: Stats,
    settings: Mutex<Settings>,
    faults: Mutex<Faults>,
}

impl Context {
    pub(crate) fn new(public_url: String, seed: u64, settings: Settings, clock: Clock) -> Self {
        Self {
            public_url,
            seed,
            clock,
            stats: Stats::default(),
            settings: Mutex::new(settings),
            faults: Mutex::default(),
        }
    }

    /// A copy of the current settings. Later changes do not affect a request that has already read them.
    pub(crate) fn settings(&self) -> Settings {
        self.settings.lock().clone()
    }

    pub(crate) fn settings_mut(&self) -> MutexGuard<'_, Settings> {
        self.settings.lock()
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock()
    }

    /// Clears counters and faults. The other settings stay.
    pub(crate) fn reset(&self) {
        self.stats.reset();
        self.settings_mut().faults.clear();
        self.faults().replace(&[], self.clock.now());
    }
}
