//! Secrets reach nobody but those they are for.

use std::sync::Arc;

use tributary::server::store::{Embedded, Store};

use crate::support::{
    app::App,
    browser::Browser,
    fixtures::SUBJECT,
    process::{Process, client},
};

#[tokio::test]
async fn the_store_contains_no_token_state_or_link_secret_in_clear_text() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let store: Arc<dyn Store> = Arc::new(Embedded::open(&path).unwrap());
    let app = App::start_with(Default::default(), &[], Some(store)).await;

    let link: String =
        app.api("POST", "/integrations/hubspot/authorize").form(&SUBJECT).send().await.unwrap().json().await.unwrap();
    let browser = Browser::new();
    let consent = browser.open_consent_page(&link).await;
    let state = consent.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let challenge = consent.query_pairs().find(|(name, _)| name == "code_challenge").unwrap().1.into_owned();
    assert_eq!((state.len(), challenge.len()), (43, 43), "256 bits each");
    // The store now contains the attempt.
    let before = std::fs::read(&path).unwrap();
    browser.post(consent.as_str(), &[("decision", "approve")]).await;
    let credentials: serde_json::Value =
        app.api("POST", "/integrations/hubspot/credentials").form(&SUBJECT).send().await.unwrap().json().await.unwrap();
    let token = credentials["access_token"].as_str().unwrap();
    let after = std::fs::read(&path).unwrap();

    assert!(contains(&after, b"connection/hubspot/acme/ada"), "the file has been written");
    let link_secret = link.rsplit('/').next().unwrap();
    for secret in [state.as_str(), token, link_secret, &token[..20], "na1-"] {
        assert!(!contains(&before, secret.as_bytes()) && !contains(&after, secret.as_bytes()), "{secret}");
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// The prefixes of all tokens and authorization codes that the stand-ins issue.
const TOKEN_PREFIXES: [&str; 6] = ["na1-eyJ", "ntn_eyJ", "nrt_eyJ", "oaaeyJ", "oareyJ", "oaceyJ"];

#[tokio::test]
async fn no_secret_of_a_full_run_is_in_the_log_the_responses_or_the_store() {
    let (_sandbox, address) = Process::sandbox(&[]);
    let mut server = Process::serve(&[
        ("TRIBUTARY_SANDBOX_LISTEN", &address),
        ("TRIBUTARY_REFRESH_SCHEDULER", "on"),
        // Includes what libraries log.
        ("RUST_LOG", "trace"),
    ]);
    let data = server.folder.path().join("data");
    let secret_in = |name: &str| std::fs::read_to_string(data.join(name)).unwrap().trim().to_owned();
    let (key, encryption) = (secret_in("admin-key"), secret_in("encryption-keys"));
    let encryption = encryption.split_once(':').unwrap().1.to_owned();
    let sign_in_link = server.sign_in_link();
    let mut secrets = vec![key.clone(), encryption, "sandbox-secret".to_owned(), last_part(&sign_in_link)];
    // The bodies of responses that must not contain secrets.
    let mut responses = Vec::new();

    let operator = Browser::new();
    responses.push(operator.press(&sign_in_link).await.text().await.unwrap());
    let http = client();
    let call = async |method: &str, path: &str| {
        let request = http.request(method.parse().unwrap(), format!("{}{path}?org_id=acme&user_id=ada", server.url));
        request.bearer_auth(&key).send().await.unwrap().text().await.unwrap()
    };
    let sandbox_control = async |name: &str, body: serde_json::Value| {
        let response = http.post(format!("http://{address}/__sandbox/{name}")).json(&body).send().await.unwrap();
        assert!(response.status().is_success(), "{name}: {}", response.text().await.unwrap());
    };
    for provider in ["hubspot", "notion", "airtable"] {
        let request =
            http.post(format!("{}/integrations/{provider}/authorize", server.url)).bearer_auth(&key).form(&SUBJECT);
        let link: String = request.send().await.unwrap().json().await.unwrap();
        secrets.push(last_part(&link));
        let user = Browser::new();
        let consent = user.open_consent_page(&link).await;
        secrets.push(consent.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned());
        responses.push(user.post(consent.as_str(), &[("decision", "approve")]).await.text().await.unwrap());
        let credentials = format!("/integrations/{provider}/credentials");
        let read =
            http.post(format!("{}{credentials}", server.url)).bearer_auth(&key).form(&SUBJECT).send().await.unwrap();
        secrets.push(read.json::<serde_json::Value>().await.unwrap()["access_token"].as_str().unwrap().to_owned());
        // The provider refuses the token, so the load refreshes it.
        sandbox_control("expire", serde_json::json!({"provider": provider})).await;
        responses.push(call("GET", &format!("/integrations/{provider}/items")).await);
        responses.push(call("GET", &credentials).await);
        responses.push(
            operator
                .get(&format!("{}/connections/{provider}?org_id=acme&user_id=ada", server.url))
                .await
                .text()
                .await
                .unwrap(),
        );
    }
    // The user has to choose between two accounts; meanwhile the new one's tokens are in the store.
    sandbox_control("config", serde_json::json!({"hubspot": {"hub_id": 24816358}})).await;
    let request = http.post(format!("{}/integrations/hubspot/authorize", server.url)).bearer_auth(&key).form(&SUBJECT);
    let choice = Browser::new().approve(&request.send().await.unwrap().json::<String>().await.unwrap()).await;
    assert!(choice.url().path().starts_with("/account-choice/"), "{}", choice.url());
    secrets.push(last_part(choice.url().path()));
    sandbox_control("config", serde_json::json!({"faults": [{"path": "/notion/v1", "kind": "malformed"}]})).await;
    responses.push(call("GET", "/integrations/notion/items").await);
    sandbox_control("revoke_all", serde_json::json!({})).await;
    for path in [
        "/integrations/airtable/items",
        "/integrations/hubspot/items",
        "/audit.json",
        "/encryption-keys",
        "/nothing",
        "/",
    ] {
        responses.push(call("GET", path).await);
    }
    responses.push(operator.get(&format!("{}/audit?org_id=acme", server.url)).await.text().await.unwrap());
    responses.push(operator.get(&format!("{}/?org_id=acme&user_id=ada", server.url)).await.text().await.unwrap());
    responses.push(
        operator
            .get(&format!("{}/integrations/hubspot/oauth2callback?state=a&code=b", server.url))
            .await
            .text()
            .await
            .unwrap(),
    );
    responses.push(call("DELETE", "/integrations/notion/credentials").await);

    server.kill();
    server.wait();
    let log = std::fs::read(server.folder.path().join("log")).unwrap();
    let store = std::fs::read(data.join("tributary.redb")).unwrap();
    assert!(
        contains(&log, b"loaded") && contains(&store, b"connection/hubspot/acme/ada"),
        "log and store have been written"
    );
    secrets.extend(TOKEN_PREFIXES.map(str::to_owned));
    for secret in &secrets {
        assert!(secret.len() > 5, "{secret} is too short to look for");
        let line = String::from_utf8_lossy(&log).lines().find(|line| line.contains(secret.as_str())).map(str::to_owned);
        assert_eq!(line, None, "the log contains {secret}");
        assert!(!contains(&store, secret.as_bytes()), "the store contains {secret}");
        for response in &responses {
            assert!(!response.contains(secret.as_str()), "a response contains {secret}: {response}");
        }
    }
}

/// The part after the last slash.
fn last_part(path: &str) -> String {
    path.rsplit('/').next().unwrap().to_owned()
}
