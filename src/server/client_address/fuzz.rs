//! Fuzz target: whatever a client writes into the headers of proxies, it cannot choose its address.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::{collection::vec, prelude::*, sample::select};

use super::TrustedProxies;
use crate::server::fuzzing::fuzz;

const FORWARDED: HeaderName = HeaderName::from_static("forwarded");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// What a client writes: pieces of both headers, in any order.
fn line() -> impl Strategy<Value = (HeaderName, String)> {
    const PIECES: &[&str] = &[
        "for=",
        "FOR=",
        "by=",
        "proto=",
        "\"",
        "\\",
        ",",
        ";",
        "=",
        " ",
        "\t",
        "[",
        "]",
        ":",
        ":80",
        "unknown",
        "_x",
        "1.1.1.1",
        "203.0.113.7",
        "10.0.0.9",
        "[2001:db9::1]",
        "2001:db9::1",
        "10.0.0.1",
        "::ffff:1.1.1.1",
    ];
    let piece = prop_oneof![8 => select(PIECES).prop_map(str::to_owned), 1 => "[ -~]", 1 => Just("\u{fc}".to_owned())];
    (select(vec![FORWARDED, X_FORWARDED_FOR]), vec(piece, 0..12).prop_map(|pieces| pieces.concat()))
}

/// The headers after a proxy has added the client's address to one of them: to its last line, or as a line of its own.
fn through_proxy(lines: &[(HeaderName, String)], kind: usize, client: IpAddr, own_line: bool) -> HeaderMap {
    let node = if client.is_ipv6() { format!("\"[{client}]:4711\"") } else { client.to_string() };
    let entries = [(X_FORWARDED_FOR, client.to_string()), (FORWARDED, format!("for={node};proto=https"))];
    let (name, entry) = entries[kind].clone();
    let mut lines = lines.to_vec();
    match lines.iter_mut().rfind(|(other, _)| *other == name).filter(|_| !own_line) {
        Some((_, line)) => *line = format!("{line}, {entry}"),
        None => lines.push((name, entry)),
    }
    let parsed = lines.iter().filter_map(|(name, line)| Some((name.clone(), HeaderValue::from_str(line).ok()?)));
    parsed.collect()
}

#[test]
fn no_header_of_a_client_changes_its_address() {
    let proxies: TrustedProxies = "10.0.0.0/8".parse().unwrap();
    let clients: Vec<IpAddr> = vec!["203.0.113.200".parse().unwrap(), "2001:db9::200".parse().unwrap()];
    let input = (vec(line(), 0..4), 0..2_usize, select(clients), any::<bool>());
    fuzz("forwarded-headers", &input, |(lines, kind, client, own_line)| {
        let headers = through_proxy(&lines, kind, client, own_line);
        let proxy: IpAddr = "10.0.0.1".parse().unwrap();
        let found = proxies.client(proxy, &headers).0;
        prop_assert!(found == client || found == proxy, "{found} is neither the client nor the proxy");
        prop_assert_eq!(proxies.client(client, &headers).0, client, "a client is not a trusted proxy");
        Ok(())
    });
}
