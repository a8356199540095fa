//! The form of the suite, and its randomness.

use std::hash::{DefaultHasher, Hash, Hasher};

use rand::{SeedableRng, rngs::StdRng};

#[derive(Clone, Copy)]
pub struct Options {
    /// The form of `make faults`.
    pub is_long: bool,
    pub seed: u64,
}

impl Options {
    /// Reads `TRIBUTARY_FAULTS` and `TRIBUTARY_SEED`.
    pub fn from_env() -> Self {
        let is_long = std::env::var("TRIBUTARY_FAULTS").is_ok_and(|form| form == "long");
        let seed = std::env::var("TRIBUTARY_SEED").map_or_else(|_| rand::random(), |seed| seed.parse().unwrap());
        Self { is_long, seed }
    }

    /// The number of rounds in the short or in the long form.
    pub fn rounds(self, short: usize, long: usize) -> usize {
        if self.is_long { long } else { short }
    }

    /// A random number generator that depends only on the seed and the case.
    pub fn rng(self, case: &str) -> StdRng {
        let mut hasher = DefaultHasher::new();
        (self.seed, case).hash(&mut hasher);
        StdRng::seed_from_u64(hasher.finish())
    }
}
