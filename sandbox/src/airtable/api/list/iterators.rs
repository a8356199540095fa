//! What an offset stands for. Airtable keeps it on its side, binds it to the query and forgets it after a while; so does
//! this. An offset may be used again, since a client may have lost the answer.

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

/// A list that is being paged through: all that is remembered between two pages.
pub(crate) struct Listing {
    /// Missing until the list has a second page.
    id: Option<String>,
    /// Missing where records come in the order of their making.
    pub order: Option<Arc<[u64]>>,
    /// Where the next page begins, in the order.
    pub next: Option<u64>,
    /// Records given out so far.
    pub served: u64,
}

#[derive(Default)]
pub(crate) struct Iterators(Mutex<Memory>);

#[derive(Default)]
struct Memory {
    paused: HashMap<String, Paused>,
    /// Tables whose iterator was made stale on purpose.
    staled: HashSet<usize>,
}

struct Paused {
    fingerprint: u64,
    last_used: Timestamp,
    order: Option<Arc<[u64]>>,
    /// Where each page after the first begins, and how many records come before it.
    starts: Vec<(u64, u64)>,
}

impl Listing {
    pub(super) fn new(order: Option<Arc<[u64]>>) -> Self {
        Self { id: None, order, next: None, served: 0 }
    }

    /// A listing that is to begin anew.
    pub(super) fn again() -> Self {
        Self { next: Some(0), ..Self::new(None) }
    }
}

impl Iterators {
    /// The listing that an offset of this query belongs to.
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
            && memory.staled.insert(table.index)
        {
            memory.paused.remove(id);
            return Err(ApiError::stale_iterator());
        }
        Ok(Listing { id: Some(id.to_owned()), order, next: Some(next), served })
    }

    /// The offset for the next page of a listing.
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
            // A good moment to forget those that nobody came back for.
            memory.paused.retain(|_, paused| !paused.is_stale(switches, now));
            ids::named(rand::random(), "itr", &table.id)
        });
        let start = (listing.next.unwrap_or_default(), listing.served);
        let begin = || Paused { fingerprint, last_used: now, order: listing.order, starts: Vec::new() };
        let paused = memory.paused.entry(id.clone()).or_insert_with(begin);
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

    /// The index of the record at a place of the order.
    fn record_at(&self, place: u64) -> u64 {
        match &self.order {
            Some(order) => order.get(place as usize).copied().unwrap_or(u64::MAX),
            None => place,
        }
    }
}
