//! Limits of all loads together: how many run, what array responses hold, and readers that stop reading.

use std::{net::SocketAddr, time::Duration};

use http::StatusCode;
use reqwest::Response;
use serde_json::Value;
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
};
use tributary::server::{
    listen::{ConnectionLimits, Timeouts, serve},
    load_limits::LoadLimits,
    router,
};

use crate::support::{
    app::{App, records},
    fixtures::{API_KEY, SUBJECT},
    wait::wait_until,
};

const ITEMS: &str = "/integrations/hubspot/items";

async fn app(counts: &str, variables: &[(&str, &str)]) -> App {
    let app = App::start_with(records(counts), variables, None).await;
    app.connect().await;
    app
}

/// A load as lines, of which nothing but the head of the response is read.
async fn lines(app: &App) -> Response {
    app.api("GET", ITEMS).query(&SUBJECT).header("accept", "application/x-ndjson").send().await.unwrap()
}

/// Waits for the server, which runs in this thread too.
async fn until(app: &App, condition: &str, check: impl Fn(&LoadLimits) -> bool) {
    let check = async || {
        tokio::time::sleep(Duration::from_millis(5)).await;
        check(&app.state.load_limits)
    };
    wait_until(condition, check).await;
}

async fn until_running(app: &App, loads: usize) {
    until(app, "as many loads run as expected", |limits| limits.running() == loads).await;
}

#[tokio::test]
async fn loads_beyond_the_limit_are_refused_with_a_time_to_retry_until_one_ends() {
    let app = app("contacts=100000,companies=0,deals=0", &[("TRIBUTARY_MAX_LOADS", "2")]).await;
    let (one, _other) = (lines(&app).await, lines(&app).await);
    assert_eq!(app.state.load_limits.running(), 2);
    for response in [lines(&app).await, app.items().await] {
        assert_eq!(
            (response.status(), &response.headers()["retry-after"]),
            (StatusCode::TOO_MANY_REQUESTS, &"5".parse().unwrap())
        );
        let error: Value = response.json().await.unwrap();
        assert_eq!(error["code"], "rate_limited");
        assert!(error["detail"].as_str().unwrap().contains("running 2 loads"), "{error}");
    }
    let browser = app.signed_in_browser().await;
    let page = browser.get(&format!("{}/?org_id=acme&user_id=ada&items=hubspot", app.url)).await.text().await.unwrap();
    assert!(page.contains("Tributary is running 2 loads"), "{page}");
    drop(one);
    until_running(&app, 1).await;
    assert_eq!(lines(&app).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn array_responses_hold_no_more_memory_than_configured_and_lines_need_none() {
    let app = app("contacts=4000,companies=0,deals=0", &[("TRIBUTARY_ARRAY_BUFFER_MB", "1")]).await;
    let response = app.items().await;
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let error: Value = response.json().await.unwrap();
    assert_eq!(error["code"], "too_large");
    assert!(error["detail"].as_str().unwrap().contains("more than 1 MB as one array"), "{error}");
    assert_eq!(app.events().await.last().unwrap()["complete"], true);
    until(&app, "the memory is returned", |limits| limits.bytes() == 0).await;
    let mut other = app.state.load_limits.array().unwrap();
    other.hold(1 << 20).unwrap();
    let response = app.items().await;
    assert_eq!(
        (response.status(), &response.headers()["retry-after"]),
        (StatusCode::TOO_MANY_REQUESTS, &"5".parse().unwrap())
    );
}

#[tokio::test]
async fn the_memory_of_an_array_response_is_returned_when_it_has_been_read() {
    let app = app("contacts=2000,companies=0,deals=0", &[]).await;
    let mut response = app.items().await;
    assert!(response.status().is_success());
    assert!(response.chunk().await.unwrap().is_some());
    while response.chunk().await.unwrap().is_some() {}
    drop(response);
    until(&app, "the memory is returned", |limits| limits.bytes() == 0).await;
    assert_eq!(app.state.load_limits.running(), 0);
}

#[tokio::test]
async fn a_reader_that_stops_reading_is_cut_off_and_its_load_ends_and_is_recorded() {
    let app = app("contacts=100000,companies=0,deals=0", &[]).await;
    app.configure_sandbox(serde_json::json!({"limits": false})).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap();
    let timeouts = Timeouts { write: Duration::from_millis(500), ..Timeouts::default() };
    let limits = ConnectionLimits { total: 10, per_address: 10, trusted_proxies: Default::default() };
    let service = router(app.state.clone());
    tokio::spawn(async move { drop(serve(listener, service, limits, timeouts, std::future::pending()).await) });
    let _stalled = open_load(server, app.url.trim_start_matches("http://")).await;
    until_running(&app, 1).await;
    until_running(&app, 0).await;
    let log: Value =
        app.api("GET", "/audit.json").query(&[("org_id", "acme")]).send().await.unwrap().json().await.unwrap();
    assert_eq!(log["entries"][0]["load"]["outcome"], "cancelled", "{log}");
}

/// Requests items as lines, and reads nothing.
async fn open_load(server: SocketAddr, host: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server).await.unwrap();
    let request = format!(
        "GET {ITEMS}?org_id=acme&user_id=ada HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {API_KEY}\r\nAccept: application/x-ndjson\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn a_load_that_runs_when_the_process_stops_is_recorded() {
    let app = app("contacts=100000,companies=0,deals=0", &[]).await;
    let mut response = lines(&app).await;
    app.state.load_limits.stop();
    let mut text = String::new();
    while let Some(chunk) = response.chunk().await.unwrap() {
        text.push_str(&String::from_utf8_lossy(&chunk));
    }
    assert!(text.contains("\"started\"") && !text.contains("\"finished\""), "the response ends early");
    app.state.load_limits.idle().await;
    let log: Value =
        app.api("GET", "/audit.json").query(&[("org_id", "acme")]).send().await.unwrap().json().await.unwrap();
    assert_eq!(log["entries"][0]["load"]["outcome"], "cancelled", "{log}");
    assert!(log["entries"][0]["detail"].as_str().unwrap().starts_with("Stopped with Tributary: "), "{log}");
}
