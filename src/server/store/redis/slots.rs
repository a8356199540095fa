//! Which server of a cluster has which of the 16,384 slots, as `CLUSTER SLOTS` tells it.

use fred::{
    error::{Error, ErrorKind},
    prelude::Server,
    types::Value,
};

/// The number of slots.
pub(super) const COUNT: u16 = 16_384;

/// Consecutive slots of one primary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SlotRange {
    pub(super) first: u16,
    pub(super) last: u16,
    pub(super) primary: Server,
    /// How many replicas it has.
    pub(super) replicas: usize,
}

impl SlotRange {
    pub(super) fn contains(&self, slot: u16) -> bool {
        (self.first..=self.last).contains(&slot)
    }
}

/// Parses the response of a server. Where it tells no host, it means its own.
pub(super) fn parse(response: Value, own_host: &str) -> Result<Vec<SlotRange>, Error> {
    let malformed = || Error::new(ErrorKind::Protocol, "CLUSTER SLOTS has an unknown form");
    let ranges = response.into_array();
    let parsed = ranges.into_iter().map(|range| {
        let mut fields = range.into_array().into_iter();
        let mut slot = || fields.next().and_then(|slot| slot.as_u64()).and_then(|slot| u16::try_from(slot).ok());
        let (first, last) = (slot()?, slot()?);
        let mut primary = fields.next()?.into_array().into_iter();
        let host = primary.next()?.into_string().filter(|host| !host.is_empty() && host != "?");
        let port = primary.next()?.as_u64().and_then(|port| u16::try_from(port).ok())?;
        let primary = Server::new(host.unwrap_or_else(|| own_host.to_owned()), port);
        Some(SlotRange { first, last, primary, replicas: fields.count() })
    });
    parsed.collect::<Option<Vec<_>>>().ok_or_else(malformed)
}

/// Where a server sends a command that is not for it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Redirect {
    /// The slot has moved there.
    Moved(Server),
    /// The slot is moving there, and this key already has.
    Ask(Server),
}

impl Redirect {
    /// Reads `MOVED 3999 127.0.0.1:6381`. `own_host` is the host of the server that sent it.
    pub(super) fn parse(error: &Error, own_host: &str) -> Option<Self> {
        let mut words = error.details().split(' ');
        let kind = words.next().filter(|kind| ["MOVED", "ASK"].contains(kind))?;
        let (host, port) = words.nth(1)?.rsplit_once(':')?;
        let host = if host.is_empty() { own_host } else { host };
        let server = Server::new(host, port.parse().ok()?);
        Some(if kind == "MOVED" { Self::Moved(server) } else { Self::Ask(server) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(values: impl IntoIterator<Item = Value>) -> Value {
        Value::Array(values.into_iter().collect())
    }

    #[test]
    fn slots_are_parsed_with_the_number_of_replicas_and_the_host_of_the_sender_if_none_is_told() {
        let node = |host: &str, port: i64| array([host.into(), port.into(), "id".into()]);
        let response = array([
            array([0.into(), 5.into(), node("10.0.0.1", 7000), node("10.0.0.2", 7001)]),
            array([6.into(), 16_383.into(), node("", 7002)]),
        ]);
        let ranges = parse(response, "sender").unwrap();
        assert_eq!(ranges[0], SlotRange { first: 0, last: 5, primary: Server::new("10.0.0.1", 7000), replicas: 1 });
        assert_eq!((ranges[1].last, &*ranges[1].primary.host, ranges[1].replicas), (16_383, "sender", 0));
        assert!(parse(array([array([0.into()])]), "sender").is_err());
    }

    #[test]
    fn redirects_are_told_from_other_errors() {
        let parse = |text: &'static str| Redirect::parse(&Error::new(ErrorKind::Cluster, text), "sender");
        assert_eq!(parse("MOVED 3999 127.0.0.1:6381"), Some(Redirect::Moved(Server::new("127.0.0.1", 6381))));
        assert_eq!(parse("MOVED 3999 ::1:6381"), Some(Redirect::Moved(Server::new("::1", 6381))));
        assert_eq!(parse("ASK 3999 :6381"), Some(Redirect::Ask(Server::new("sender", 6381))));
        assert_eq!(parse("CLUSTERDOWN The cluster is down"), None);
    }
}
