//! Switches: stale and endless offsets, lifetimes and error formats.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Airtable, SCOPES, error, ok};

fn stale() -> (u16, String) {
    (422, "LIST_RECORDS_ITERATOR_NOT_AVAILABLE".to_owned())
}

fn offset(page: &Value) -> (&'static str, &str) {
    ("offset", page["offset"].as_str().unwrap())
}

#[tokio::test]
async fn an_offset_that_is_unused_for_too_long_is_stale() {
    let airtable = Airtable::connected(SCOPES).await;
    let path = airtable.studio("Invoices").await;
    airtable.configure(json!({"airtable": {"access_token_seconds": 100_000}})).await;
    let mut page = ok(airtable.list(&path, &[("pageSize", "10")]).await);
    for _ in 0..3 {
        airtable.clock.advance(SignedDuration::from_secs(600));
        page = ok(airtable.list(&path, &[("pageSize", "10"), offset(&page)]).await);
    }
    airtable.clock.advance(SignedDuration::from_secs(601));
    assert_eq!(error(&airtable.list(&path, &[offset(&page)]).await), stale());
    assert_eq!(airtable.list(&path, &[]).await.status, 200);
}

#[tokio::test]
async fn each_table_goes_stale_once_if_configured() {
    let airtable = Airtable::connected(SCOPES).await;
    airtable.configure(json!({"airtable": {"stale_iterator_after": 2}})).await;
    for table in ["Invoices", "Projects"] {
        let path = airtable.studio(table).await;
        let first = ok(airtable.list(&path, &[("pageSize", "10")]).await);
        let second = ok(airtable.list(&path, &[("pageSize", "10"), offset(&first)]).await);
        for _ in 0..2 {
            assert_eq!(error(&airtable.list(&path, &[("pageSize", "10"), offset(&second)]).await), stale());
        }
        let whole = airtable.all(&path, &[("pageSize", "10")]).await.len();
        assert_eq!(whole, if table == "Invoices" { 180 } else { 150 }, "the second time it goes through");
    }
}

#[tokio::test]
async fn a_table_can_repeat_its_offset_forever() {
    let airtable = Airtable::connected(SCOPES).await;
    let (invoices, clients) = (airtable.studio("Invoices").await, airtable.studio("Clients").await);
    for (table, path) in [("Invoices", &invoices), ("Clients", &clients)] {
        airtable.configure(json!({"airtable": {"repeat_offset": table}})).await;
        let first = ok(airtable.get(path).await);
        let second = ok(airtable.list(path, &[offset(&first)]).await);
        let third = ok(airtable.list(path, &[offset(&second)]).await);
        assert_eq!(first["offset"], second["offset"]);
        assert_eq!(second, third);
    }
    assert!(ok(airtable.list(&invoices, &[("maxRecords", "3")]).await).get("offset").is_none(), "other tables end");
    airtable.configure(json!({"airtable": {"repeat_offset": null}})).await;
    assert_eq!(airtable.all(&clients, &[]).await.len(), 60);
}

#[tokio::test]
async fn token_lifetimes_are_switches() {
    let mut airtable = Airtable::connected(SCOPES).await;
    airtable.configure(json!({"airtable": {"access_token_seconds": 60, "refresh_token_seconds": 120}})).await;
    let tokens = ok(airtable.refresh(&airtable.refresh_token).await);
    assert_eq!((&tokens["expires_in"], &tokens["refresh_expires_in"]), (&json!(60), &json!(120)));
    airtable.0.keep(&tokens);
    airtable.clock.advance(SignedDuration::from_secs(60));
    assert_eq!(airtable.get("/airtable/v0/meta/whoami").await.status, 401);
    airtable.clock.advance(SignedDuration::from_secs(60));
    assert_eq!(airtable.refresh(&airtable.refresh_token).await.status, 400);
}

#[tokio::test]
async fn errors_on_purpose_have_airtables_format() {
    let airtable = Airtable::connected(SCOPES).await;
    for (status, kind) in [
        (500, "SERVER_ERROR"),
        (502, "RETRIABLE_ERROR"),
        (503, "RETRIABLE_ERROR"),
        (429, "RATE_LIMIT_REACHED"),
        (401, "AUTHENTICATION_REQUIRED"),
        (403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND"),
        (413, "REQUEST_TOO_LARGE"),
        (422, "INVALID_REQUEST_UNKNOWN"),
    ] {
        airtable.configure(json!({"faults": [{"path": "/airtable/v0", "kind": "status", "status": status}]})).await;
        assert_eq!(error(&airtable.get("/airtable/v0/meta/whoami").await), (status, kind.to_owned()));
    }
    airtable.configure(json!({"faults": [{"path": "/airtable/v0", "kind": "status", "status": 404}]})).await;
    assert_eq!(airtable.get("/airtable/v0/meta/whoami").await.json(), json!({"error": "NOT_FOUND"}));
}

#[tokio::test]
async fn an_invalid_switch_is_named() {
    let airtable = Airtable::new();
    for double_refresh in [json!("never"), json!({"revoke_after": -1}), json!(3)] {
        let response =
            airtable.post("/__sandbox/config", json!({"airtable": {"double_refresh": double_refresh}})).await;
        assert_eq!(response.status, 400);
        assert!(response.body.contains("airtable.double_refresh"), "{}", response.body);
    }
    airtable.configure(json!({"airtable": {"double_refresh": {"revoke_after": 2}}})).await;
    airtable.configure(json!({"airtable": {"double_refresh": "conflict"}})).await;
}
