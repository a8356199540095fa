//! How much is done, and what is random about it.

use std::hash::{DefaultHasher, Hash, Hasher};

use rand::{SeedableRng, rngs::StdRng};

/// The form of the suite, and its seed.
#[derive(Clone, Copy)]
pub struct Plan {
    /// The form of `make faults`.
    pub is_long: bool,
    /// What is random follows from it.
    pub seed: u64,
}

impl Plan {
    /// As the environment has it.
    pub fn read() -> Self {
        let is_long = std::env::var("TRIBUTARY_FAULTS").is_ok_and(|form| form == "long");
        let seed = std::env::var("TRIBUTARY_SEED").map_or_else(|_| rand::random(), |seed| seed.parse().unwrap());
        Self { is_long, seed }
    }

    /// One number in the short form, another in the long one.
    pub fn either(self, short: usize, long: usize) -> usize {
        if self.is_long { long } else { short }
    }

    /// A source of chance for one case, whatever the others do.
    pub fn chance(self, case: &str) -> StdRng {
        let mut hasher = DefaultHasher::new();
        (self.seed, case).hash(&mut hasher);
        StdRng::seed_from_u64(hasher.finish())
    }
}
