//! Indexes: members ordered by a number, mostly a time.

use std::{borrow::Cow, time::Duration};

/// An index. It is created by the first member and disappears when nothing was added for its lifetime.
#[derive(Debug, Clone)]
pub struct Index {
    /// In the form of a key, such as `audit/acme`.
    pub name: Cow<'static, str>,
    /// The maximum number of members. Those with the lowest scores are removed first.
    pub max_len: usize,
    /// Members whose scores are times, in milliseconds since 1970, longer ago than this are removed with the next addition.
    /// The store measures that by its own time, since the caller's clock may be wrong.
    pub max_age: Option<Duration>,
    /// How long the index is kept after the last addition.
    pub lifetime: Duration,
}

/// A range of scores, both ends included.
#[derive(Debug, Clone, Copy)]
pub struct Range {
    pub from: u64,
    /// At most [`Range::MAX`].
    pub to: u64,
    /// The maximum number of members to return.
    pub limit: usize,
    /// Whether the highest scores come first.
    pub descending: bool,
}

impl Range {
    /// The highest score. Redis keeps scores as floating-point numbers, which are exact up to here. In milliseconds since
    /// 1970 it is the year 287396.
    pub const MAX: u64 = 1 << 53;

    /// Scores up to `to`, lowest first.
    pub fn up_to(to: u64, limit: usize) -> Self {
        Self { from: 0, to, limit, descending: false }
    }

    /// Scores between `from` and `to`, highest first.
    pub fn descending(from: u64, to: u64, limit: usize) -> Self {
        Self { from, to, limit, descending: true }
    }
}
