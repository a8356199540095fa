//! Unknown providers and paths, and what every stand-in in the table gets.

use serde_json::json;

use super::Sandbox;
use crate::stand_in;

fn slugs() -> impl Iterator<Item = &'static str> {
    stand_in::ALL.iter().map(|stand_in| stand_in.slug)
}

#[tokio::test]
async fn a_path_of_an_unknown_provider_is_a_404_that_lists_the_stand_ins() {
    let response = Sandbox::new(1).get("/nobody/v1/me").await;
    assert_eq!(response.status, 404);
    let message = response.json()["message"].as_str().unwrap().to_owned();
    assert!(message.starts_with("No stand-in serves /nobody/v1/me. The stand-ins are: "), "{message}");
    assert!(slugs().all(|slug| message.contains(slug)), "{message}");
}

#[tokio::test]
async fn a_path_that_a_stand_in_does_not_serve_is_a_404_in_its_own_format() {
    let sandbox = Sandbox::new(1);
    let response = sandbox.get("/hubspot/nothing").await;
    assert_eq!((response.status.as_u16(), &response.json()["status"]), (404, &json!("error")));
    let response = sandbox.get("/airtable/nothing").await;
    assert_eq!((response.status.as_u16(), response.json()), (404, json!({"error": "NOT_FOUND"})));
    assert_eq!(sandbox.stats().await["by_endpoint"]["GET (no such path)"]["statuses"], json!({"404": 2}));
}

#[tokio::test]
async fn a_fault_outside_of_every_stand_in_has_the_sandboxs_own_format() {
    let sandbox = Sandbox::new(1);
    sandbox.configure(json!({"faults": [{"path": "/", "kind": "status", "status": 503}]})).await;
    for path in ["/", "/nobody/v1/me"] {
        let response = sandbox.get(path).await;
        assert_eq!(
            (response.status.as_u16(), response.json()),
            (503, json!({"message": "Service Unavailable"})),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_control_that_names_an_unknown_provider_is_a_400_that_lists_the_providers() {
    let sandbox = Sandbox::new(1);
    for control in ["expire", "revoke_all"] {
        let response = sandbox.post(&format!("/__sandbox/{control}"), json!({"provider": "nobody"})).await;
        assert_eq!(response.status, 400, "{control}");
        let message = response.json()["message"].as_str().unwrap().to_owned();
        assert!(message.starts_with("There is no provider \"nobody\". The providers are: "), "{message}");
        assert!(slugs().all(|slug| message.contains(slug)), "{message}");
    }
    let response = sandbox.post("/__sandbox/config", json!({"nobody": {"access_token_seconds": 1}})).await;
    let message = response.json()["message"].as_str().unwrap().to_owned();
    assert!(response.status == 400 && slugs().all(|slug| message.contains(slug)), "{message}");
}

#[tokio::test]
async fn settings_and_counters_have_an_entry_for_each_stand_in() {
    let sandbox = Sandbox::new(1);
    let (settings, stats) = (sandbox.get("/__sandbox/config").await.json(), sandbox.stats().await);
    for slug in slugs() {
        assert!(settings[slug].is_object(), "{slug}");
        assert!(stats["by_provider"][slug]["refreshes"] == 0 && stats["holds"][slug].is_object(), "{slug}");
    }
}
