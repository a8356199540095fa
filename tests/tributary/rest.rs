//! The REST contract's inputs and errors.

use http::StatusCode;
use reqwest::multipart::Form;
use serde_json::{Value, json};

use crate::{app::App, caller::IDS};

#[tokio::test]
async fn forms_multipart_and_json_are_read_alike() {
    let app = App::start().await;
    app.connect().await;
    let post = || app.program("POST", "/integrations/hubspot/credentials");
    let requests = [
        post().form(&IDS),
        post().multipart(Form::new().text("user_id", "ada").text("org_id", "acme")),
        post().json(&json!({"user_id": "ada", "org_id": "acme", "more": [1]})),
    ];
    for request in requests {
        assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn every_bad_input_gets_its_own_sentence() {
    let app = App::start().await;
    let post = || app.program("POST", "/integrations/hubspot/load");
    let long = "x".repeat(129);
    for (request, status, code, says) in [
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
        (app.program("GET", "/integrations/hubspot/items"), 422, "missing_field", "user_id is missing"),
        (app.program("POST", "/integrations/nobody/load").form(&IDS), 404, "not_found", "Providers: hubspot"),
        (app.program("GET", "/integrations/hubspot/nothing"), 404, "not_found", "nothing at this address"),
        (post().form(&IDS), 404, "not_connected", "Connect HubSpot first"),
    ] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status, "{says}");
        let error: Value = answer.json().await.unwrap();
        assert_eq!(error["code"], code, "{error}");
        assert!(error["detail"].as_str().unwrap().contains(says), "{error}");
        assert_eq!(error.as_object().unwrap().len(), 2);
    }
}

#[tokio::test]
async fn authorize_answers_a_bare_string_or_a_redirect_to_the_same_place() {
    let app = App::start().await;
    let answer = app.program("POST", "/integrations/hubspot/authorize").form(&IDS).send().await.unwrap();
    let text = answer.text().await.unwrap();
    assert!(text.starts_with(&format!("\"{}/connect/", app.url)) && text.ends_with('"'), "{text}");
    let answer = app.program("GET", "/integrations/hubspot/authorize").query(&IDS).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert!(answer.headers()["location"].to_str().unwrap().starts_with(&format!("{}/connect/", app.url)));
}

#[tokio::test]
async fn ids_in_the_pages_address_are_checked_too() {
    let app = App::start().await;
    let answer = app.signed_in().await.get(&format!("{}/?org_id={}", app.url, "x".repeat(200))).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert!(answer.text().await.unwrap().contains("org_id is too long"));
}
