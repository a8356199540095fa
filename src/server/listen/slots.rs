//! The limits of connections, in all and for each address.

use std::{collections::HashMap, net::IpAddr, sync::Arc, time::Duration};

use parking_lot::Mutex;

use super::waiting::{Wait, Waiting};
use crate::server::client_address::{TrustedProxies, counted_as};

/// How many connections may be open, and whose are not limited.
#[derive(Debug, Clone)]
pub struct ConnectionLimits {
    /// In all.
    pub total: usize,
    /// From one address.
    pub per_address: usize,
    /// Proxies, which open connections for many clients and are not limited.
    pub trusted_proxies: Arc<TrustedProxies>,
}

impl ConnectionLimits {
    /// The same limits, reduced to what a process with this number of open files can keep. A quarter, and at least 64 of
    /// them, is left for the store and the providers, and one address gets half of the rest.
    pub fn within_open_files(self, open_files: u64) -> Self {
        let open_files = usize::try_from(open_files).unwrap_or(usize::MAX);
        let total = self.total.min(open_files.saturating_sub((open_files / 4).max(64)).max(2));
        Self { total, per_address: self.per_address.min(total / 2), ..self }
    }
}

/// The connections that are open, without those of trusted proxies.
pub(super) struct Slots {
    limits: ConnectionLimits,
    open: Arc<Mutex<Open>>,
    waiting: Arc<Waiting>,
}

#[derive(Default)]
struct Open {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// The place of one open connection, which is free again when the value is dropped.
pub(super) struct Slot {
    /// Absent for a trusted proxy, whose connections are not limited.
    pub(super) wait: Option<Arc<Wait>>,
    address: Option<IpAddr>,
    open: Arc<Mutex<Open>>,
}

/// The limit that a connection would exceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    Total,
    Address,
}

impl Slots {
    /// `min_wait` is how long a connection is kept before it has to make room.
    pub(super) fn new(limits: ConnectionLimits, min_wait: Duration) -> Self {
        Self { limits, open: Arc::default(), waiting: Arc::new(Waiting::new(min_wait)) }
    }

    pub(super) fn trusted_proxies(&self) -> Arc<TrustedProxies> {
        self.limits.trusted_proxies.clone()
    }

    /// A place for a connection from this peer. If all are taken, a connection that waits for its client makes room.
    pub(super) fn take(&self, peer: IpAddr) -> Result<Slot, Full> {
        if self.limits.trusted_proxies.contains(peer) {
            return Ok(Slot { wait: None, address: None, open: self.open.clone() });
        }
        let address = counted_as(peer);
        let mut open = self.open.lock();
        let of_address = open.by_address.get(&address).copied().unwrap_or_default();
        if of_address >= self.limits.per_address {
            return Err(Full::Address);
        }
        // What is closed counts for a moment longer.
        if open.total >= self.limits.total && !self.waiting.close_longest() {
            return Err(Full::Total);
        }
        open.total += 1;
        open.by_address.insert(address, of_address + 1);
        Ok(Slot { wait: Some(Arc::new(self.waiting.add())), address: Some(address), open: self.open.clone() })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let Some(address) = self.address else { return };
        let mut open = self.open.lock();
        open.total -= 1;
        if let Some(of_address) = open.by_address.get_mut(&address) {
            *of_address -= 1;
            if *of_address == 0 {
                open.by_address.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(total: usize, per_address: usize) -> ConnectionLimits {
        let trusted_proxies = Arc::new("10.0.0.0/8".parse().unwrap());
        ConnectionLimits { total, per_address, trusted_proxies }
    }

    #[test]
    fn an_address_and_all_together_have_a_limit_and_a_trusted_proxy_has_none() {
        let slots = Slots::new(limits(3, 2), Duration::ZERO);
        let take = |address: &str| slots.take(address.parse().unwrap());
        let one = take("2001:db8::1").ok();
        let _two = take("2001:db8::2").ok();
        assert_eq!(take("2001:db8::3").err(), Some(Full::Address));
        let three = take("203.0.113.7").ok();
        // All three are being answered.
        for slot in [&one, &_two, &three] {
            slot.as_ref().unwrap().wait.as_ref().unwrap().end();
        }
        assert_eq!(take("203.0.113.8").err(), Some(Full::Total));
        let _proxy: Vec<_> = (0..5).map(|_| take("10.0.0.1").ok()).collect();
        assert!(_proxy.iter().all(Option::is_some));
        drop((one, _proxy));
        assert!(take("2001:db8::3").is_ok());
    }

    #[test]
    fn closed_connections_leave_nothing_behind() {
        let slots = Slots::new(limits(1000, 2), Duration::ZERO);
        for number in 0..100_u32 {
            drop(slots.take(std::net::Ipv4Addr::from(number).into()));
        }
        let open = slots.open.lock();
        assert_eq!((open.total, open.by_address.len()), (0, 0));
    }

    #[test]
    fn limits_leave_open_files_for_the_store_and_the_providers() {
        let within = |open_files| {
            let ConnectionLimits { total, per_address, .. } = limits(4096, 512).within_open_files(open_files);
            (total, per_address)
        };
        assert_eq!(within(1 << 20), (4096, 512));
        assert_eq!(within(1024), (768, 384));
        assert_eq!(within(10), (2, 1));
    }
}
