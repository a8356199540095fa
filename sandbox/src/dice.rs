//! Choices that look random and are not: each is a function of the seed, a subject and an index, so any record can be
//! computed on its own, in any order, and comes out the same every time.

/// A source of choices for one record.
#[derive(Clone, Copy)]
pub(crate) struct Dice(u64);

impl Dice {
    /// The dice of record `index` of `subject`.
    pub(crate) fn new(seed: u64, subject: u64, index: u64) -> Self {
        Self(mix(seed ^ mix(subject ^ mix(index))))
    }

    /// A number below `sides`, the same for the same `purpose`.
    pub(crate) fn below(self, purpose: u64, sides: u64) -> u64 {
        mix(self.0 ^ mix(purpose)) % sides
    }

    /// True once in `n`.
    pub(crate) fn once_in(self, purpose: u64, n: u64) -> bool {
        self.below(purpose, n) == 0
    }

    /// One entry of a list.
    pub(crate) fn pick<T: Copy>(self, purpose: u64, list: &[T]) -> T {
        list[self.below(purpose, list.len() as u64) as usize]
    }
}

/// The finalizer of SplitMix64: every bit of the input reaches every bit of the output.
fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
