//! The proxies whose word about the client's address counts (`TRIBUTARY_TRUSTED_PROXIES`).

use std::{net::IpAddr, str::FromStr, sync::Arc, time::Duration};

use anyhow::anyhow;
use http::HeaderMap;
use ipnet::{IpNet, Ipv4Net};

use super::{ClientAddress, forwarded};
use crate::server::repeats::Repeats;

/// How often the log says that headers were not believed.
const WARNING_INTERVAL: Duration = Duration::from_secs(3600);

/// The networks of trusted proxies. By default there are none.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies {
    networks: Vec<IpNet>,
    warnings: Arc<Warnings>,
}

/// What operators should know about headers that were not believed.
#[derive(Debug)]
struct Warnings {
    untrusted: Repeats,
    contradictory: Repeats,
}

impl Default for Warnings {
    fn default() -> Self {
        Self { untrusted: Repeats::every(WARNING_INTERVAL), contradictory: Repeats::every(WARNING_INTERVAL) }
    }
}

impl TrustedProxies {
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.iter().any(|network| network.contains(&address))
    }

    /// The client of a request from this peer. Each proxy appends the address from which it received the request, so the
    /// client is the last address that is not a proxy's; anybody could have written what precedes that one.
    ///
    /// A proxy that writes one of the two headers passes the other one on as the client sent it. If they name different
    /// clients, neither is believed, and the request counts as the proxy's. What is not believed is logged once an hour.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> ClientAddress {
        let peer = peer.to_canonical();
        let hops = (forwarded::forwarded(headers), forwarded::x_forwarded_for(headers));
        if hops == (None, None) {
            return ClientAddress(peer);
        }
        if !self.contains(peer) {
            self.warnings.log_untrusted(peer);
            return ClientAddress(peer);
        }
        let client = |hops: Option<Vec<Option<IpAddr>>>| hops.map(|hops| self.last_untrusted(peer, &hops));
        ClientAddress(match (client(hops.0), client(hops.1)) {
            (Some(one), Some(other)) if one != other => {
                self.warnings.log_contradictory(peer);
                peer
            }
            (client, other) => client.or(other).unwrap_or(peer),
        })
    }

    /// `hops` are the reported addresses, in the order of the headers; `None` is one that is hidden or unreadable, which
    /// ends the search at the proxy that reported it.
    fn last_untrusted(&self, peer: IpAddr, hops: &[Option<IpAddr>]) -> IpAddr {
        let mut client = peer;
        for hop in hops.iter().rev() {
            match hop {
                Some(hop) if self.contains(client) => client = *hop,
                _ => break,
            }
        }
        client
    }
}

impl Warnings {
    fn log_untrusted(&self, peer: IpAddr) {
        if let Some(requests) = self.untrusted.count() {
            tracing::warn!(
                %peer,
                requests,
                "an address that is not a trusted proxy reports its clients' addresses. If it is your proxy, set TRIBUTARY_TRUSTED_PROXIES to it: until then, everybody behind it shares the limits of one address"
            );
        }
    }

    fn log_contradictory(&self, peer: IpAddr) {
        if let Some(requests) = self.contradictory.count() {
            tracing::warn!(
                proxy = %peer,
                requests,
                "Forwarded and X-Forwarded-For name different clients, so neither is believed. Let the proxy remove the one that it does not write"
            );
        }
    }
}

impl FromStr for TrustedProxies {
    type Err = anyhow::Error;

    /// Parses networks and addresses separated by commas: `10.0.0.0/8, ::1`.
    fn from_str(text: &str) -> anyhow::Result<Self> {
        let networks = text.split(',').map(str::trim).filter(|network| !network.is_empty());
        let parse = |network: &str| {
            let address = || network.parse().map(|address: IpAddr| IpNet::from(address.to_canonical()));
            let parsed = network.parse().or_else(|_| address()).map_err(|_| anyhow!("{network} is not a network"))?;
            Ok(canonical(parsed))
        };
        Ok(Self { networks: networks.map(parse).collect::<anyhow::Result<_>>()?, warnings: Arc::default() })
    }
}

/// An IPv4 network that is written as one of mapped IPv6 addresses (`::ffff:10.0.0.0/104`), as what it is.
fn canonical(network: IpNet) -> IpNet {
    let IpNet::V6(mapped) = network else { return network };
    let v4 = || Ipv4Net::new(mapped.network().to_ipv4_mapped()?, mapped.prefix_len().checked_sub(96)?).ok();
    v4().map_or(network, IpNet::V4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn client(peer: &str, lines: &[(&'static str, &str)]) -> String {
        let proxies: TrustedProxies = "10.0.0.0/8, 192.0.2.1,2001:db8::/32".parse().unwrap();
        proxies.client(peer.parse().unwrap(), &headers(lines)).to_string()
    }

    #[test]
    fn a_client_is_the_last_address_that_is_not_a_trusted_proxys() {
        for (forwarded, expected) in [
            ("203.0.113.7", "203.0.113.7"),
            ("1.1.1.1, 203.0.113.7", "203.0.113.7"),
            ("203.0.113.7, 10.1.1.1, 192.0.2.1", "203.0.113.7"),
            ("203.0.113.7:4711", "203.0.113.7"),
            ("[2001:db9::7]:4711", "2001:db9::7"),
            ("203.0.113.7, <script>", "10.0.0.1"),
            ("203.0.113.7, unknown, 10.9.9.9", "10.9.9.9"),
            ("10.2.2.2", "10.2.2.2"),
            ("", "10.0.0.1"),
        ] {
            assert_eq!(client("10.0.0.1", &[("x-forwarded-for", forwarded)]), expected, "{forwarded}");
        }
        let lines = [("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "203.0.113.7")];
        assert_eq!(client("::ffff:10.0.0.1", &lines), "203.0.113.7", "lines of one header are one list");
    }

    #[test]
    fn a_forwarded_header_is_read_as_rfc_7239_says() {
        for (forwarded, expected) in [
            ("for=203.0.113.7", "203.0.113.7"),
            ("For=\"[2001:db9::7]:4711\";proto=https;by=10.0.0.1", "2001:db9::7"),
            ("for=1.1.1.1, for=203.0.113.7;host=\"a,b;for=2.2.2.2\"", "203.0.113.7"),
            ("for=\"203.0.113.\\7\"", "203.0.113.7"),
            ("for=203.0.113.7, for=_hidden", "10.0.0.1"),
            ("for=203.0.113.7, proto=https", "10.0.0.1"),
            ("for=203.0.113.7, for=\"unclosed", "10.0.0.1"),
        ] {
            assert_eq!(client("10.0.0.1", &[("forwarded", forwarded)]), expected, "{forwarded}");
        }
    }

    #[test]
    fn a_header_from_elsewhere_is_ignored() {
        for name in ["x-forwarded-for", "forwarded"] {
            assert_eq!(client("203.0.113.9", &[(name, "for=1.1.1.1")]), "203.0.113.9");
            assert_eq!(client("203.0.113.9", &[(name, "1.1.1.1")]), "203.0.113.9");
        }
        let none = TrustedProxies::default();
        let spoofed = headers(&[("x-forwarded-for", "1.1.1.1")]);
        assert_eq!(none.client("127.0.0.1".parse().unwrap(), &spoofed).to_string(), "127.0.0.1");
    }

    #[test]
    fn a_header_that_contradicts_the_proxys_own_is_not_believed() {
        let lines = |forwarded| [("forwarded", forwarded), ("x-forwarded-for", "203.0.113.7")];
        assert_eq!(client("10.0.0.1", &lines("for=203.0.113.7")), "203.0.113.7");
        assert_eq!(client("10.0.0.1", &lines("for=1.1.1.1")), "10.0.0.1");
    }

    #[test]
    fn an_ipv4_network_in_the_form_of_ipv6_matches_as_what_it_is() {
        let proxies: TrustedProxies = "::ffff:10.0.0.0/104, ::ffff:192.0.2.1, ::/0".parse().unwrap();
        for (address, expected) in [
            ("10.9.8.7", true),
            ("::ffff:10.9.8.7", true),
            ("192.0.2.1", true),
            ("2001:db8::1", true),
            ("11.0.0.1", false),
        ] {
            assert_eq!(proxies.contains(address.parse().unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn networks_and_addresses_are_accepted_and_nothing_else() {
        for accepted in ["", "10.0.0.0/8", "127.0.0.1, ::1", "2001:db8::/32,"] {
            assert!(accepted.parse::<TrustedProxies>().is_ok(), "{accepted}");
        }
        for refused in ["10.0.0.0/33", "proxy.example", "10.0.0.0-10.0.0.9"] {
            assert!(refused.parse::<TrustedProxies>().is_err(), "{refused}");
        }
    }
}
