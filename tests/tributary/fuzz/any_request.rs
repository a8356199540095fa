//! Fuzz target: no request whatever makes the server fail.

use axum::body::Body;
use http::{HeaderName, HeaderValue, Method, Request};
use proptest::{collection::vec, option, prelude::*, sample::select};
use tributary::server::fuzzing::{fuzz, mutated, text};

use super::{inputs, service::Service};
use crate::support::fixtures::API_KEY;

/// Every path of the router, with `{}` for what varies.
const PATHS: &[&str] = &[
    "/",
    "/sign-in/{}",
    "/sign-in-links",
    "/sign-out",
    "/sign-out-everywhere",
    "/sessions",
    "/connect/{}",
    "/disconnect",
    "/connected/{}/{}",
    "/account-choice/{}",
    "/connections/{}",
    "/audit",
    "/audit.json",
    "/encryption-keys",
    "/encryption-keys/rotation",
    "/encryption-keys/{}",
    "/integrations/{}/authorize",
    "/integrations/{}/oauth2callback",
    "/integrations/{}/credentials",
    "/integrations/{}/load",
    "/integrations/{}/items",
    "/api/cards",
    "/api/load",
    "/api/disconnect",
    "/api/{}",
    "/healthz",
    "/readyz",
    "/pkg/{}",
    "/favicon.svg",
    "/{}",
    "/{}/{}",
    "*",
];

/// Headers that the server reads.
const HEADERS: &[&str] = &[
    "accept",
    "accept-encoding",
    "authorization",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "if-modified-since",
    "if-none-match",
    "origin",
    "range",
    "referer",
    "sec-fetch-mode",
    "sec-fetch-site",
    "te",
    "transfer-encoding",
    "upgrade",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-http-method-override",
    "x-request-id",
];

fn segment() -> BoxedStrategy<String> {
    let known =
        select(vec!["hubspot", "notion", "airtable", "example", "connected", "k1", "..", "%2e%2e", "%00", "%ff", "%"]);
    prop_oneof![4 => known.prop_map(str::to_owned), 1 => mutated(Just("hubspot".to_owned())), 1 => text(), 1 => "[ -~]{0,20}"].boxed()
}

fn path() -> impl Strategy<Value = String> {
    (select(PATHS), vec(segment(), 2), any::<bool>()).prop_map(|(path, segments, encode)| {
        segments.iter().fold(path.to_owned(), |path, segment| {
            let keep = |letter: char| letter.is_ascii_alphanumeric() || "-_.%".contains(letter);
            let encoded: String = match encode {
                true => url::form_urlencoded::byte_serialize(segment.as_bytes()).collect(),
                false => segment.chars().filter(|letter| keep(*letter)).collect(),
            };
            path.replacen("{}", &encoded, 1)
        })
    })
}

fn query() -> impl Strategy<Value = String> {
    let names = select(vec![
        "org_id", "user_id", "items", "before", "limit", "state", "code", "error", "provider", "org_id[]", "",
    ]);
    let values = prop_oneof![3 => text(), 3 => segment(), 1 => "acme|ada", 1 => "[0-9T:Z-]{1,25}"];
    let pairs = vec((names, values), 0..5);
    let valid =
        pairs.prop_map(|pairs| url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish());
    prop_oneof![4 => valid.clone(), 1 => mutated(valid), 1 => "[!-~]{0,60}"]
}

#[test]
fn no_request_makes_the_server_fail() {
    let service = Service::start();
    service.runtime.block_on(service.app.connect());
    let cookie = service.runtime.block_on(service.app.session_cookie());
    let methods = vec!["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "get", "BREW"];
    let method = prop_oneof![3 => Just("GET"), 3 => Just("POST"), 2 => select(methods)];
    let value = prop_oneof![
        text(),
        "[ -~]{0,40}",
        Just(format!("Bearer {API_KEY}")),
        Just("*/*, application/x-ndjson".to_owned()),
        Just("bytes=0-".to_owned()),
        Just("gzip, br;q=0".to_owned()),
        Just(cookie.clone())
    ];
    let headers = vec((select(HEADERS), value), 0..4);
    let credentials = 0..4_u8;
    let input = (method, path(), query(), headers, option::of(inputs::body()), credentials);
    fuzz("requests", &input, |(method, path, query, headers, body, credentials)| {
        let target = if query.is_empty() { path } else { format!("{path}?{query}") };
        let Ok(mut request) =
            Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(&target).body(Body::empty())
        else {
            return Ok(());
        };
        let own = request.headers_mut();
        own.insert("host", HeaderValue::from_str(&service.host).unwrap());
        // Signed out, the rest of the requests would see less of the server.
        let credentials =
            if target.starts_with("/sign-out") || target.starts_with("/sessions") { 0 } else { credentials };
        if credentials == 1 {
            own.insert("authorization", HeaderValue::from_str(&format!("Bearer {API_KEY}")).unwrap());
        } else if credentials > 1 {
            own.insert("cookie", HeaderValue::from_str(&cookie).unwrap());
        }
        if let Some((kind, _)) = &body {
            own.extend(HeaderValue::from_str(kind).map(|kind| (http::header::CONTENT_TYPE, kind)));
        }
        for (name, value) in headers {
            own.extend(HeaderValue::from_str(&value).map(|value| (HeaderName::from_static(name), value)));
        }
        *request.body_mut() = body.map_or_else(Body::empty, |(_, body)| Body::from(body.0));
        service.send(request)?;
        Ok(())
    });
}
