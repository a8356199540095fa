//! Inputs and errors of the REST contract.

use std::sync::Arc;

use http::StatusCode;
use reqwest::multipart::Form;
use serde_json::{Value, json};

use crate::support::{app::App, fixtures::SUBJECT};

#[tokio::test]
async fn forms_multipart_and_json_bodies_are_accepted() {
    let app = App::start().await;
    app.connect().await;
    let post = || app.api("POST", "/integrations/hubspot/credentials");
    let requests = [
        post().form(&SUBJECT),
        post().multipart(Form::new().text("user_id", "ada").text("org_id", "acme")),
        post().json(&json!({"user_id": "ada", "org_id": "acme", "more": [1]})),
    ];
    for request in requests {
        assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn every_invalid_input_has_its_own_error_message() {
    let app = App::start().await;
    let post = || app.api("POST", "/integrations/hubspot/load");
    let long = "x".repeat(129);
    for (request, status, code, message) in [
        (post(), 422, "missing_field", "user_id is missing"),
        (post().form(&[("user_id", "ada")]), 422, "missing_field", "org_id is missing"),
        (post().form(&[("user_id", ""), ("org_id", "acme")]), 400, "invalid_input", "user_id is empty"),
        (post().form(&[("user_id", "ada"), ("org_id", &long)]), 400, "invalid_input", "org_id is too long"),
        (post().form(&[("user_id", "a\nb"), ("org_id", "acme")]), 400, "invalid_input", "control character"),
        (post().json(&json!({"user_id": 1, "org_id": "acme"})), 400, "invalid_input", "user_id has to be a string"),
        (post().json(&json!(["ada"])), 400, "invalid_input", "isn't a JSON object"),
        (post().header("content-type", "application/json").body("{"), 400, "invalid_input", "isn't a JSON object"),
        (post().header("content-type", "text/csv").body("a,b"), 400, "invalid_input", "text/csv"),
        (post().header("content-type", "multipart/form-data").body("x"), 400, "invalid_input", "can't be read"),
        (post().form(&[("user_id", &"x".repeat(2 << 20))]), 413, "too_large", "larger than 16 KB"),
        (app.api("GET", "/integrations/hubspot/items"), 422, "missing_field", "user_id is missing"),
        (app.api("POST", "/integrations/nobody/load").form(&SUBJECT), 404, "not_found", "Providers: hubspot"),
        (app.api("GET", "/integrations/hubspot/nothing"), 404, "not_found", "nothing at this address"),
        (post().form(&SUBJECT), 404, "not_connected", "Connect HubSpot first"),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status, "{message}");
        let error: Value = response.json().await.unwrap();
        assert_eq!(error["code"], code, "{error}");
        assert!(error["detail"].as_str().unwrap().contains(message), "{error}");
        assert_eq!(error.as_object().unwrap().len(), 2);
    }
}

#[tokio::test]
async fn authorize_returns_a_connect_link_as_a_string_or_a_redirect() {
    let app = App::start().await;
    let response = app.api("POST", "/integrations/hubspot/authorize").form(&SUBJECT).send().await.unwrap();
    let text = response.text().await.unwrap();
    assert!(text.starts_with(&format!("\"{}/connect/", app.url)) && text.ends_with('"'), "{text}");
    let response = app.api("GET", "/integrations/hubspot/authorize").query(&SUBJECT).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert!(response.headers()["location"].to_str().unwrap().starts_with(&format!("{}/connect/", app.url)));
}

#[tokio::test]
async fn ids_in_the_query_of_the_page_are_validated() {
    let app = App::start().await;
    let response = app.signed_in_browser().await.get(&format!("{}/?org_id={}", app.url, "x".repeat(200))).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert!(response.text().await.unwrap().contains("org_id is too long"));
}

#[tokio::test]
async fn an_unknown_provider_is_not_found_at_every_endpoint() {
    let app = App::start().await;
    for (method, endpoint) in [
        ("POST", "authorize"),
        ("GET", "authorize"),
        ("GET", "oauth2callback"),
        ("POST", "credentials"),
        ("GET", "credentials"),
        ("DELETE", "credentials"),
        ("POST", "load"),
        ("GET", "items"),
    ] {
        let request = app.api(method, &format!("/integrations/nobody/{endpoint}")).query(&SUBJECT);
        let request = if method == "POST" { request.form(&SUBJECT) } else { request };
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{method} {endpoint}");
        // The callback is for browsers, all others are for programs.
        if endpoint != "oauth2callback" {
            let error: Value = response.json().await.unwrap();
            assert_eq!(error["code"], "not_found", "{method} {endpoint}: {error}");
            assert!(error["detail"].as_str().unwrap().contains("hubspot"), "{error}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_requests_for_the_page_of_a_connected_user_are_all_answered() {
    let app = App::start().await;
    app.connect().await;
    let browser = Arc::new(app.signed_in_browser().await);
    // With items, the request continues after it has waited for the provider, perhaps on another thread.
    let url = format!("{}/?org_id=acme&user_id=ada&items=hubspot", app.url);
    let readers = (0..4).map(|_| {
        let (browser, url) = (browser.clone(), url.clone());
        tokio::spawn(async move {
            for _ in 0..9 {
                assert!(browser.get(&url).await.text().await.unwrap().contains("Disconnect HubSpot"));
            }
        })
    });
    for reader in readers.collect::<Vec<_>>() {
        reader.await.unwrap();
    }
}

#[tokio::test]
async fn a_body_that_a_server_function_cannot_read_is_the_callers_mistake() {
    let app = App::start().await;
    let cookie = app.session_cookie().await;
    let post = || app.anonymous("POST", "/api/cards").header("cookie", &cookie);
    // Without a content length, the size is known only when it has been read.
    let chunks = |size| reqwest::Body::wrap_stream(futures::stream::iter([Ok::<_, std::io::Error>("x".repeat(size))]));
    let form = |body: reqwest::Body| post().header("content-type", "application/x-www-form-urlencoded").body(body);
    for (request, status, code) in [
        (form(chunks(20_000)), 413, "too_large"),
        (form("x".repeat(20_000).into()), 413, "too_large"),
        (form(vec![0x80].into()), 400, "invalid_input"),
        (form("org_id=acme".into()), 400, "invalid_input"),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status, "{code}");
        let error: Value = response.json().await.unwrap();
        assert_eq!(error["code"], code, "{error}");
    }
}
