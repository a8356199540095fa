//! Members in the order of a number: of their times, mostly.

use std::{borrow::Cow, time::Duration};

/// An index in the store. It needs no set-up, and one that nothing was put into for its lifetime is gone.
#[derive(Debug, Clone)]
pub struct Index {
    /// Its name, as a key is written: `audit/{org}`.
    pub name: Cow<'static, str>,
    /// How many members it keeps. Those with the lowest places make room.
    pub most: usize,
    /// Members with lower places go with the next change.
    pub floor: u64,
    /// How long it is kept after the last change.
    pub lifetime: Duration,
}

/// Which members are asked for: those whose places are between two numbers, both included.
#[derive(Debug, Clone, Copy)]
pub struct Range {
    /// The lowest place.
    pub from: u64,
    /// The highest place, at most [`Range::END`].
    pub to: u64,
    /// No more than so many.
    pub most: usize,
    /// Whether the highest come first.
    pub descending: bool,
}

impl Range {
    /// No place is higher: Redis keeps places as floating-point numbers, which are exact to here. As milliseconds since
    /// 1970 it is the year 287396.
    pub const END: u64 = 1 << 53;

    /// The lowest, up to a place.
    pub fn up_to(to: u64, most: usize) -> Self {
        Self { from: 0, to, most, descending: false }
    }

    /// The highest, down to a place.
    pub fn last(from: u64, to: u64, most: usize) -> Self {
        Self { from, to, most, descending: true }
    }
}
