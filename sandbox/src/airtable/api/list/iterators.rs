//! The state behind an offset. As at Airtable, it is kept on the server, bound to the query and dropped when it is not
//! used for a while. An offset can be used more than once, because a client may have lost the response.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;

use crate::airtable::{
    error::ApiError,
    switches::Switches,
    workspace::{catalog::Table, ids},
};

/// A list that is being paged through.
pub(crate) struct Listing {
    /// `None` until the list has a second page.
    id: Option<String>,
    /// The record indexes in the requested order; `None` for the order of creation.
    pub order: Option<Arc<[u64]>>,
    /// The position of the next page in the order; `None` at the end.
    pub next: Option<u64>,
    /// The number of records returned so far.
    pub served: u64,
}

#[derive(Default)]
pub(crate) struct Iterators(Mutex<Memory>);

#[derive(Default)]
struct Memory {
    paused: HashMap<String, Paused>,
    /// Tables for which an iterator was made stale by the switch `stale_iterator_after`.
    made_stale: HashSet<usize>,
}

struct Paused {
    fingerprint: u64,
    last_used: Timestamp,
    order: Option<Arc<[u64]>>,
    /// The position of each page after the first, and the number of records before it.
    starts: Vec<(u64, u64)>,
}

impl Listing {
    pub(super) fn new(order: Option<Arc<[u64]>>) -> Self {
        Self { id: None, order, next: None, served: 0 }
    }

    /// A list that starts over.
    pub(super) fn restarted() -> Self {
        Self { next: Some(0), ..Self::new(None) }
    }
}

impl Iterators {
    /// The list that an offset of this query continues.
    pub(super) fn resume(
        &self,
        table: &Table,
        offset: &str,
        fingerprint: u64,
        switches: &Switches,
        now: Timestamp,
    ) -> Result<Listing, ApiError> {
        let mut memory = self.0.lock();
        let (id, record) = offset.split_once('/').ok_or_else(ApiError::stale_iterator)?;
        let at = table.record_ids.index(record).ok_or_else(ApiError::stale_iterator)?;
        let paused = memory.paused.get_mut(id).filter(|paused| paused.fingerprint == fingerprint);
        let paused = paused.filter(|paused| !paused.is_stale(switches, now)).ok_or_else(ApiError::stale_iterator)?;
        let start = paused.starts.iter().rev().find(|(start, _)| paused.record_at(*start) == at);
        let (next, served) = *start.ok_or_else(ApiError::stale_iterator)?;
        paused.last_used = now;
        let (order, pages) = (paused.order.clone(), paused.starts.len());
        if switches.stale_iterator_after.is_some_and(|after| pages >= after as usize)
            && memory.made_stale.insert(table.index)
        {
            memory.paused.remove(id);
            return Err(ApiError::stale_iterator());
        }
        Ok(Listing { id: Some(id.to_owned()), order, next: Some(next), served })
    }

    /// Stores a list and returns the offset of its next page.
    pub(super) fn pause(
        &self,
        table: &Table,
        listing: Listing,
        fingerprint: u64,
        switches: &Switches,
        now: Timestamp,
    ) -> String {
        let mut memory = self.0.lock();
        let id = listing.id.unwrap_or_else(|| {
            // A convenient time to drop iterators that were not used for long.
            memory.paused.retain(|_, paused| !paused.is_stale(switches, now));
            ids::named(rand::random(), "itr", &table.id)
        });
        let start = (listing.next.unwrap_or_default(), listing.served);
        let new = || Paused { fingerprint, last_used: now, order: listing.order, starts: Vec::new() };
        let paused = memory.paused.entry(id.clone()).or_insert_with(new);
        if !paused.starts.contains(&start) {
            paused.starts.push(start);
        }
        format!("{id}/{}", table.record_ids.id(paused.record_at(start.0)))
    }

    pub(crate) fn clear(&self) {
        *self.0.lock() = Memory::default();
    }
}

impl Paused {
    fn is_stale(&self, switches: &Switches, now: Timestamp) -> bool {
        let life = SignedDuration::from_secs(switches.iterator_lifetime_seconds.into());
        now.duration_since(self.last_used) > life
    }

    /// The index of the record at this position of the order.
    fn record_at(&self, position: u64) -> u64 {
        match &self.order {
            Some(order) => order.get(position as usize).copied().unwrap_or(u64::MAX),
            None => position,
        }
    }
}
