//! The address of the client behind a request: its peer's, or the one that a trusted proxy reports.
//!
//! Limits, the audit log and the log use it. Anybody can send the headers in which proxies report addresses, so they count
//! only when they come from a trusted proxy.

mod forwarded;
#[cfg(test)]
mod fuzz;
mod limiter;
mod trusted_proxies;

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
};

pub use limiter::AddressLimiter;
pub use trusted_proxies::TrustedProxies;

/// The address of a request's client. The server adds it to the request as an extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What limits count as one address: an IPv4 address, or the /64 network of an IPv6 address. Whoever has one address in such
/// a network has all of them.
pub fn counted_as(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addresses_of_an_ipv6_network_count_as_one() {
        let counted = |address: &str| counted_as(address.parse().unwrap());
        assert_eq!(counted("2001:db8:1:2:3:4:5:6"), counted("2001:db8:1:2:ffff::1"));
        assert_ne!(counted("2001:db8:1:2::1"), counted("2001:db8:1:3::1"));
        assert_ne!(counted("203.0.113.7"), counted("203.0.113.8"));
        assert_eq!(counted("::ffff:203.0.113.7"), counted("203.0.113.7"));
    }
}
