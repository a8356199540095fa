//! No secret of a run gets anywhere but to those whom it is for.

use std::sync::Arc;

use tributary::server::store::{Embedded, Store};

use crate::{app::App, browser::Browser, caller::IDS};

#[tokio::test]
async fn the_store_holds_no_token_state_cookie_or_verifier_in_clear() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let store: Arc<dyn Store> = Arc::new(Embedded::open(&path).unwrap());
    let app = App::start_with(Default::default(), &[], Some(store)).await;

    let link: String =
        app.program("POST", "/integrations/hubspot/authorize").form(&IDS).send().await.unwrap().json().await.unwrap();
    let browser = Browser::new();
    let consent = browser.consent(&link).await;
    let state = consent.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let challenge = consent.query_pairs().find(|(name, _)| name == "code_challenge").unwrap().1.into_owned();
    assert_eq!((state.len(), challenge.len()), (43, 43), "256 bits each");
    // The attempt is in the store now, unused.
    let before = std::fs::read(&path).unwrap();
    browser.post(consent.as_str(), &[("decision", "approve")]).await;
    let credentials: serde_json::Value =
        app.program("POST", "/integrations/hubspot/credentials").form(&IDS).send().await.unwrap().json().await.unwrap();
    let token = credentials["access_token"].as_str().unwrap();
    let after = std::fs::read(&path).unwrap();

    assert!(contains(&after, b"connection/hubspot/acme/ada"), "this reads what the store wrote");
    let link_secret = link.rsplit('/').next().unwrap();
    for secret in [state.as_str(), token, link_secret, &token[..20], "na1-"] {
        assert!(!contains(&before, secret.as_bytes()) && !contains(&after, secret.as_bytes()), "{secret}");
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
