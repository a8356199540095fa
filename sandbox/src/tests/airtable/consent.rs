//! The consent page and the redirect back to the app.

use axum::http::StatusCode;

use super::{Airtable, AppRedirect, REDIRECT, STATE};

#[tokio::test]
async fn the_consent_page_lists_bases_and_scopes() {
    let airtable = Airtable::new();
    let response = airtable.get(&airtable.consent(&[("client_id", "<script>")])).await;
    assert_eq!(response.status, StatusCode::OK);
    for part in [
        "Grant access</button>",
        "Cancel</button>",
        "<legend>Add a base</legend>",
        "Product launches",
        "Event planning",
        "Studio CRM",
        "See the data in records",
        "&lt;script&gt;",
        "not Airtable",
    ] {
        assert!(response.body.contains(part), "{part}");
    }
    assert_eq!(response.body.matches("name=base ").count(), 3);
    assert_eq!(response.body.matches(" checked>").count(), 3, "all bases are checked at first");
    assert!(!response.body.contains("<script>"));
    assert!(response.header("content-security-policy").contains("form-action 'self' http://localhost:8000;"));
}

#[tokio::test]
async fn an_approval_redirects_with_a_code_the_state_and_the_challenge() {
    let airtable = Airtable::new();
    let back = airtable.answered(&[("redirect_uri", "http://127.0.0.1:9/back?a=1")], "decision=approve").await;
    assert!(back.url.as_str().starts_with("http://127.0.0.1:9/back?a=1&code="), "{}", back.url);
    assert_eq!((back.get("state"), back.get("code_challenge_method")), (STATE, "S256"));
    assert_eq!(back.get("code_challenge").len(), 43);
    assert_eq!(back.get("error"), "");
}

#[tokio::test]
async fn a_denial_redirects_with_access_denied() {
    let back = Airtable::new().answered(&[], "decision=deny").await;
    assert_eq!((back.get("error"), back.get("state"), back.get("code")), ("access_denied", STATE, ""));
    assert!(!back.text("error_description").is_empty());
}

#[tokio::test]
async fn only_the_picked_bases_are_shared() {
    let mut airtable = Airtable::connected(super::SCOPES).await;
    let [launches, studio] = [airtable.base("Product launches").await, airtable.base("Studio CRM").await];
    let fields = format!("decision=approve&picked=1&base={studio}");
    let code = airtable.answered(&[], &fields).await.get("code").to_owned();
    let tokens = airtable.exchange(&code).await.json();
    airtable.0.keep(&tokens);
    let bases = airtable.get("/airtable/v0/meta/bases").await.json();
    assert_eq!(bases["bases"].as_array().unwrap().len(), 1);
    assert_eq!(bases["bases"][0]["id"], studio.as_str());
    for path in [format!("/airtable/v0/{launches}/Tasks"), format!("/airtable/v0/meta/bases/{launches}/tables")] {
        assert_eq!(
            super::error(&airtable.get(&path).await),
            (403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND".to_owned())
        );
    }
    let refreshed = airtable.refresh(&airtable.refresh_token).await.json();
    airtable.0.keep(&refreshed);
    assert_eq!(airtable.get(&format!("/airtable/v0/{studio}/Clients")).await.status, 200);
    assert_eq!(airtable.get(&format!("/airtable/v0/{launches}/Tasks")).await.status, 403);
}

#[tokio::test]
async fn a_form_without_a_base_is_shown_again() {
    let airtable = Airtable::new();
    for fields in ["decision=approve&picked=1", "decision=approve&picked=1&base=appNobody"] {
        let response = airtable.form(&airtable.consent(&[]), fields).await;
        assert_eq!(response.status, StatusCode::BAD_REQUEST);
        assert!(response.body.contains("role=alert>Choose at least one base"), "{}", response.body);
        assert!(!response.body.contains(" checked>"));
    }
}

#[tokio::test]
async fn an_invalid_request_is_reported_to_the_app() {
    let airtable = Airtable::new();
    let long = "s".repeat(1025);
    for (name, value, error) in [
        ("response_type", "token", "unsupported_response_type"),
        ("response_type", "", "invalid_request"),
        ("state", "", "invalid_request"),
        ("state", "fifteen-letters", "invalid_request"),
        ("state", "sixteen letters!", "invalid_request"),
        ("state", &long, "invalid_request"),
        ("code_challenge", "", "invalid_request"),
        ("code_challenge", "short", "invalid_request"),
        ("code_challenge_method", "", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("scope", "", "invalid_scope"),
        ("scope", "data.records:read data.records:read", "invalid_scope"),
        ("scope", "data.records:read nothing:read", "invalid_scope"),
    ] {
        let path = airtable.consent(&[(name, value)]);
        for response in [airtable.get(&path).await, airtable.form(&path, "decision=approve").await] {
            assert_eq!(response.status, StatusCode::SEE_OTHER, "{name}={value}");
            let back = AppRedirect::of(&response);
            assert_eq!(back.get("error"), error, "{name}={value}");
            assert!(back.url.as_str().starts_with(REDIRECT));
            assert_eq!(back.text("state"), if name == "state" { value } else { STATE });
        }
    }
    let path = format!("{}&state={STATE}", airtable.consent(&[]));
    assert_eq!(AppRedirect::of(&airtable.get(&path).await).get("error"), "invalid_request", "a parameter is repeated");
}

#[tokio::test]
async fn states_of_every_allowed_length_are_accepted() {
    let airtable = Airtable::new();
    for state in ["s".repeat(16), "S.-_9".repeat(204)] {
        assert_eq!(airtable.answered(&[("state", &state)], "decision=approve").await.get("state"), state);
    }
}

#[tokio::test]
async fn an_unusable_redirect_uri_is_never_redirected_to() {
    let airtable = Airtable::new();
    for (name, value) in [
        ("client_id", ""),
        ("client_id", "wrong-app"),
        ("redirect_uri", ""),
        ("redirect_uri", "/back"),
        ("redirect_uri", "javascript:alert(1)"),
        ("redirect_uri", "http://app.example/back"),
        ("redirect_uri", "https://10.0.0.1/back"),
        ("redirect_uri", "https://[::1]/back"),
        ("redirect_uri", "https://user@app.example/back"),
        ("redirect_uri", "https://app.example/back#part"),
        ("redirect_uri", "https://app.example/../back"),
        ("redirect_uri", "https://app.example/*"),
        ("redirect_uri", "https://app.example/%00"),
    ] {
        let path = airtable.consent(&[(name, value)]);
        for response in [airtable.get(&path).await, airtable.form(&path, "decision=approve").await] {
            assert_eq!(response.status, StatusCode::BAD_REQUEST, "{name}={value}");
            assert!(response.body.contains("This link cannot be used"), "{name}={value}");
            assert_eq!(response.header("location"), "");
        }
    }
    assert_eq!(airtable.get(&airtable.consent(&[("redirect_uri", "https://app.example/back")])).await.status, 200);
}
