//! The headers in which proxies report addresses: `Forwarded` (RFC 7239) and `X-Forwarded-For`.
//!
//! Both are lists, possibly over several lines. An entry that cannot be read is `None`, so that the addresses before it are
//! not taken for what the proxy reported.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;

/// The addresses in `Forwarded`, if there is such a header.
pub(super) fn forwarded(headers: &HeaderMap) -> Option<Vec<Option<IpAddr>>> {
    let line = joined(headers, "forwarded")?;
    let Some(elements) = split(&line, ',') else { return Some(vec![None]) };
    let address = |element: &&str| {
        let pairs = split(element, ';')?;
        let mut nodes = pairs.into_iter().filter_map(|pair| {
            let (name, node) = pair.split_once('=')?;
            name.trim().eq_ignore_ascii_case("for").then_some(node)
        });
        // An element may name its client only once.
        let (node, another) = (nodes.next()?, nodes.next());
        another.is_none().then(|| address(&unquoted(node.trim())))?
    };
    Some(elements.iter().map(address).collect())
}

/// The addresses in `X-Forwarded-For`, if there is such a header.
pub(super) fn x_forwarded_for(headers: &HeaderMap) -> Option<Vec<Option<IpAddr>>> {
    Some(joined(headers, "x-forwarded-for")?.split(',').map(|entry| address(entry.trim())).collect())
}

/// All lines of a header as one. A line that is not text is unreadable, but it is there.
fn joined(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines: Vec<_> = headers.get_all(name).into_iter().map(|line| line.to_str().unwrap_or_default()).collect();
    (!lines.is_empty()).then(|| lines.join(","))
}

/// An address without or with a port: `203.0.113.7`, `203.0.113.7:80`, `[2001:db8::7]`, `[2001:db8::7]:80`.
fn address(node: &str) -> Option<IpAddr> {
    let bare = || node.strip_prefix('[')?.strip_suffix(']')?.parse().ok().map(IpAddr::V6);
    let with_port = || node.parse().ok().map(|address: SocketAddr| address.ip());
    node.parse().ok().or_else(bare).or_else(with_port).map(|address: IpAddr| address.to_canonical())
}

/// Splits at a separator outside quoted strings; `None` if a quoted string does not end.
fn split(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut parts, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (index, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if letter == separator && !quoted => {
                parts.push(&text[start..index]);
                start = index + letter.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    (!quoted).then_some(parts)
}

/// A value without its quotes and escapes.
fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return value.to_owned() };
    let (mut plain, mut letters) = (String::with_capacity(inner.len()), inner.chars());
    while let Some(letter) = letters.next() {
        plain.extend(if letter == '\\' { letters.next() } else { Some(letter) });
    }
    plain
}
