//! The address of a client in limits and in the audit log, and the proxies that may report it.

use std::net::IpAddr;

use http::StatusCode;
use reqwest::{Client, Response};
use tributary_sandbox::Records;

use crate::support::{
    app::App,
    browser::Browser,
    fixtures::{API_KEY, SUBJECT},
    process::{Process, client, connect},
};

const PROXY: [u8; 4] = [127, 0, 0, 3];
const ATTACKER: [u8; 4] = [127, 0, 0, 2];
const OTHER: [u8; 4] = [127, 0, 0, 1];

async fn app(variables: &[(&str, &str)]) -> App {
    App::start_with(Records::default(), variables, None).await
}

async fn get(app: &App, from: [u8; 4], path: &str, headers: &[(&str, &str)]) -> Response {
    let client = Client::builder().local_address(IpAddr::from(from)).build().unwrap();
    let url = app.url.replace("localhost", "127.0.0.1");
    let request = client.get(format!("{url}{path}")).bearer_auth(API_KEY);
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send().await.unwrap()
}

#[tokio::test]
async fn links_are_limited_for_each_address_with_a_page_that_says_when_to_try_again() {
    let app = app(&[("TRIBUTARY_LINK_REQUESTS_PER_MINUTE", "6")]).await;
    let paths = ["/sign-in/x", "/connect/x", "/integrations/hubspot/oauth2callback?state=x"];
    for path in paths.iter().cycle().take(6) {
        assert_ne!(get(&app, ATTACKER, path, &[]).await.status(), StatusCode::TOO_MANY_REQUESTS, "{path}");
    }
    for path in paths {
        let refused = get(&app, ATTACKER, path, &[]).await;
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS, "{path}");
        let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=10).contains(&wait), "{wait}");
        let page = refused.text().await.unwrap();
        assert!(page.contains("<h1>Too many requests</h1>") && page.contains("Try again in"), "{page}");
    }
    // Neither other addresses nor other paths are affected.
    assert_eq!(get(&app, OTHER, "/sign-in/x", &[]).await.status(), StatusCode::GONE);
    assert_eq!(get(&app, ATTACKER, "/readyz", &[]).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn one_stranger_behind_a_shared_address_keeps_nobody_from_connecting_or_signing_in() {
    let (_sandbox, sandbox) = Process::sandbox(&[]);
    let server = Process::serve(&[
        ("TRIBUTARY_API_KEY", API_KEY),
        ("TRIBUTARY_SANDBOX_LISTEN", &sandbox),
        ("TRIBUTARY_LINK_REQUESTS_PER_MINUTE", "3"),
    ]);
    // The stranger's requests, as a proxy that is not configured passes them on.
    let stranger = async || {
        let request = client().get(format!("{}/sign-in/x", server.url)).header("x-forwarded-for", "203.0.113.9");
        request.send().await.unwrap().status()
    };
    for _ in 0..10 {
        stranger().await;
    }
    assert_eq!(stranger().await, StatusCode::TOO_MANY_REQUESTS);
    connect(&server.url, "hubspot", SUBJECT).await;
    let signed_in = Browser::new().press(&server.sign_in_link()).await;
    assert!(signed_in.text().await.unwrap().contains("HubSpot</h2>"));
    assert_eq!(stranger().await, StatusCode::TOO_MANY_REQUESTS);
    let log = server.log();
    let lines = |part: &str| log.lines().filter(|line| line.contains(part)).count();
    assert_eq!(lines("TRIBUTARY_TRUSTED_PROXIES"), 1, "{log}");
    assert_eq!(lines("requests for links that do not exist were refused"), 1, "{log}");
}

#[tokio::test]
async fn headers_that_contradict_each_other_are_logged_once() {
    let server = Process::serve(&[("TRIBUTARY_SANDBOX", "off"), ("TRIBUTARY_TRUSTED_PROXIES", "::ffff:127.0.0.0/104")]);
    for _ in 0..3 {
        let request = client().get(format!("{}/healthz", server.url)).header("x-forwarded-for", "203.0.113.9");
        request.header("forwarded", "for=198.51.100.4").send().await.unwrap();
    }
    let log = server.log();
    assert_eq!(log.lines().filter(|line| line.contains("name different clients")).count(), 1, "{log}");
    assert!(!log.contains("is not a trusted proxy"), "{log}");
}

#[tokio::test]
async fn a_limit_counts_the_clients_behind_a_trusted_proxy_and_ignores_headers_from_elsewhere() {
    let app = app(&[("TRIBUTARY_LINK_REQUESTS_PER_MINUTE", "2"), ("TRIBUTARY_TRUSTED_PROXIES", "127.0.0.3")]).await;
    let status = async |from, headers: &[(&str, &str)]| get(&app, from, "/sign-in/x", headers).await.status();
    for client in 0..6 {
        let forwarded = format!("for=198.51.100.1, for=203.0.113.{client}");
        assert_eq!(status(PROXY, &[("forwarded", &forwarded)]).await, StatusCode::GONE, "{client}");
    }
    for client in 0..6 {
        let forwarded = format!("203.0.113.{client}");
        let expected = if client < 2 { StatusCode::GONE } else { StatusCode::TOO_MANY_REQUESTS };
        assert_eq!(status(ATTACKER, &[("x-forwarded-for", &forwarded)]).await, expected, "{client}");
    }
    // The attacker's own entry precedes the one that the proxy adds.
    for client in 0..6 {
        let forwarded = format!("203.0.114.{client}, 127.0.0.2");
        assert_eq!(status(PROXY, &[("x-forwarded-for", &forwarded)]).await, StatusCode::TOO_MANY_REQUESTS);
    }
}

#[tokio::test]
async fn the_audit_log_names_the_client_behind_a_trusted_proxy() {
    for (proxies, expected) in [("127.0.0.0/8", "203.0.113.7"), ("", "127.0.0.1")] {
        let app = app(&[("TRIBUTARY_TRUSTED_PROXIES", proxies)]).await;
        app.connect().await;
        let path = format!("/integrations/hubspot/items?org_id={}&user_id={}", SUBJECT[0].1, SUBJECT[1].1);
        assert_eq!(get(&app, OTHER, &path, &[("x-forwarded-for", "203.0.113.7")]).await.status(), StatusCode::OK);
        let entries = get(&app, OTHER, "/audit.json?org_id=acme", &[]).await.text().await.unwrap();
        assert!(entries.contains(&format!("\"from\":\"{expected}\"")), "{entries}");
        assert_eq!(entries.contains("203.0.113.7"), expected == "203.0.113.7", "{entries}");
    }
}
