//! A rate limit for each client address, in bounded memory.

use std::{
    hash::{BuildHasher, RandomState},
    num::NonZeroU32,
    time::Duration,
};

use governor::{
    Quota,
    clock::{Clock, DefaultClock},
};

use super::{ClientAddress, counted_as};

/// Limits how often each address may do something.
///
/// Addresses share 65,536 counters by a keyed hash, so memory is bounded by some megabytes however many addresses there
/// are. That two of them share a counter is rare, and nobody can choose it.
pub struct AddressLimiter {
    counters: governor::DefaultKeyedRateLimiter<u16>,
    hash: RandomState,
    clock: DefaultClock,
}

impl AddressLimiter {
    /// Up to so many at once, and so many a minute in the long run.
    pub fn per_minute(requests: NonZeroU32) -> Self {
        let counters = governor::RateLimiter::keyed(Quota::per_minute(requests));
        Self { counters, hash: RandomState::new(), clock: DefaultClock::default() }
    }

    /// Counts one; if the limit is reached, returns how long to wait for the next.
    ///
    /// # Errors
    ///
    /// Returns the time to wait as the error.
    pub fn check(&self, ClientAddress(address): ClientAddress) -> Result<(), Duration> {
        #[expect(clippy::cast_possible_truncation, reason = "some bits of the hash are enough")]
        let counter = self.hash.hash_one(counted_as(address)) as u16;
        self.counters.check_key(&counter).map_err(|until| until.wait_time_from(self.clock.now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> ClientAddress {
        ClientAddress(text.parse().unwrap())
    }

    #[test]
    fn each_address_has_its_own_limit() {
        let limiter = AddressLimiter::per_minute(NonZeroU32::new(3).unwrap());
        for _ in 0..3 {
            assert!(limiter.check(address("203.0.113.7")).is_ok());
        }
        let wait = limiter.check(address("203.0.113.7")).unwrap_err();
        assert!(wait > Duration::from_secs(10) && wait <= Duration::from_secs(20), "{wait:?}");
        assert!(limiter.check(address("203.0.113.8")).is_ok());
    }

    #[test]
    fn the_number_of_counters_does_not_grow_with_the_number_of_addresses() {
        let limiter = AddressLimiter::per_minute(NonZeroU32::MAX);
        for number in 0..200_000_u32 {
            let _ = limiter.check(ClientAddress(std::net::Ipv4Addr::from(number).into()));
        }
        assert!(limiter.counters.len() <= 1 << 16, "{}", limiter.counters.len());
    }
}
