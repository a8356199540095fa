//! Airtable's rate limits and their penalty.

use jiff::SignedDuration;
use serde_json::json;

use super::{Airtable, SCOPES, error};

const WHOAMI: &str = "/airtable/v0/meta/whoami";

/// A sandbox with limits, and paths of two bases.
async fn limited() -> (Airtable, String, String) {
    let airtable = Airtable::connected(SCOPES).await;
    let (one, other) = (airtable.studio("Clients").await, airtable.base("Event planning").await);
    airtable.configure(json!({"limits": true})).await;
    (airtable, one, format!("/airtable/v0/{other}/Venues"))
}

fn too_many() -> (u16, String) {
    (429, "RATE_LIMIT_REACHED".to_owned())
}

#[tokio::test]
async fn the_sixth_call_to_a_base_in_a_second_blocks_the_base_for_thirty_seconds() {
    let (airtable, one, other) = limited().await;
    for _ in 0..5 {
        assert_eq!(airtable.get(&one).await.status, 200);
    }
    let rejected = airtable.get(&one).await;
    assert_eq!(error(&rejected), too_many());
    assert_eq!(rejected.header("retry-after"), "");
    let base = one.split('/').nth(3).unwrap();
    let schema = format!("/airtable/v0/meta/bases/{base}/tables");
    for seconds in [0, 1, 28] {
        airtable.clock.advance(SignedDuration::from_secs(seconds));
        assert_eq!(error(&airtable.get(&one).await), too_many(), "{seconds}");
        assert_eq!(error(&airtable.get(&schema).await), too_many(), "the base's schema is of the base");
        assert_eq!(airtable.get(&other).await.status, 200, "other bases are open");
        assert_eq!(airtable.get(WHOAMI).await.status, 200);
    }
    airtable.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(airtable.get(&one).await.status, 200);
    assert_eq!(airtable.stats().await["rate_limited"], 7);
}

#[tokio::test]
async fn calls_during_the_penalty_can_extend_it() {
    let (airtable, one, _) = limited().await;
    airtable.configure(json!({"airtable": {"penalty_extends": true, "penalty_seconds": 10}})).await;
    for _ in 0..6 {
        airtable.get(&one).await;
    }
    for _ in 0..3 {
        airtable.clock.advance(SignedDuration::from_secs(9));
        assert_eq!(airtable.get(&one).await.status, 429);
    }
    airtable.clock.advance(SignedDuration::from_secs(10));
    assert_eq!(airtable.get(&one).await.status, 200);
}

#[tokio::test]
async fn the_51st_call_of_a_user_in_a_second_blocks_all_bases() {
    let (airtable, one, _) = limited().await;
    for _ in 0..50 {
        assert_eq!(airtable.get(WHOAMI).await.status, 200);
    }
    assert_eq!(error(&airtable.get(WHOAMI).await), too_many());
    airtable.clock.advance(SignedDuration::from_secs(29));
    assert_eq!(error(&airtable.get(&one).await), too_many());
    airtable.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(airtable.get(&one).await.status, 200);
}

#[tokio::test]
async fn five_calls_every_second_are_always_accepted() {
    let (airtable, one, _) = limited().await;
    for _ in 0..100 {
        assert_eq!(airtable.get(&one).await.status, 200);
        airtable.clock.advance(SignedDuration::from_millis(200));
    }
}

#[tokio::test]
async fn a_429_has_either_format() {
    let (airtable, one, _) = limited().await;
    airtable.configure(json!({"airtable": {"error_envelope_429": "plural"}})).await;
    for _ in 0..5 {
        airtable.get(&one).await;
    }
    let body = airtable.get(&one).await.json();
    assert_eq!(body["errors"][0]["error"], "RATE_LIMIT_REACHED");
    assert!(body.get("error").is_none());
}

#[tokio::test]
async fn limits_can_be_switched_off_and_a_reset_lifts_a_penalty() {
    let (airtable, one, _) = limited().await;
    for _ in 0..6 {
        airtable.get(&one).await;
    }
    airtable.configure(json!({"limits": false})).await;
    assert_eq!(airtable.get(&one).await.status, 200);
    airtable.configure(json!({"limits": true})).await;
    assert_eq!(airtable.get(&one).await.status, 429);
    airtable.post("/__sandbox/reset", json!({})).await;
    assert_eq!(airtable.get(&one).await.status, 200);
}

#[tokio::test]
async fn calls_with_an_invalid_token_do_not_count() {
    let (mut airtable, one, _) = limited().await;
    let token = std::mem::replace(&mut airtable.0.access_token, "oaaMadeUp".to_owned());
    for _ in 0..10 {
        assert_eq!(airtable.get(&one).await.status, 401);
    }
    airtable.0.access_token = token;
    assert_eq!(airtable.get(&one).await.status, 200);
}
