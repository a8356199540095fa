//! No secret of a run gets anywhere but to those whom it is for.

use std::sync::Arc;

use tributary::server::store::{Embedded, Store};

use crate::{
    app::App,
    browser::Browser,
    caller::IDS,
    process::{Process, client},
};

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

/// What every token and authorization code of the stand-ins begins with.
const TOKENS: [&str; 6] = ["na1-eyJ", "ntn_eyJ", "nrt_eyJ", "oaaeyJ", "oareyJ", "oaceyJ"];

#[tokio::test]
async fn no_secret_of_a_full_run_is_in_its_log_its_answers_its_pages_or_its_store() {
    let (_sandbox, address) = Process::sandbox(&[]);
    let mut server = Process::serve(&[
        ("TRIBUTARY_SANDBOX_LISTEN", &address),
        ("TRIBUTARY_REFRESH_SCHEDULER", "on"),
        // The libraries' own lines too.
        ("RUST_LOG", "trace"),
    ]);
    let data = server.folder.path().join("data");
    let secret_in = |name: &str| std::fs::read_to_string(data.join(name)).unwrap().trim().to_owned();
    let (key, encryption) = (secret_in("admin-key"), secret_in("encryption-keys"));
    let encryption = encryption.split_once(':').unwrap().1.to_owned();
    let mut secrets = vec![key.clone(), encryption, "sandbox-secret".to_owned(), last_part(&server.link)];
    // What browsers and programs were answered, in which each secret may be only where it is meant to be.
    let mut answers = Vec::new();

    let operator = Browser::new();
    answers.push(operator.get(&server.link).await.text().await.unwrap());
    let http = client();
    let call = async |method: &str, path: &str| {
        let request = http.request(method.parse().unwrap(), format!("{}{path}?org_id=acme&user_id=ada", server.url));
        request.bearer_auth(&key).send().await.unwrap().text().await.unwrap()
    };
    let steer = async |what: &str, body: serde_json::Value| {
        let answer = http.post(format!("http://{address}/__sandbox/{what}")).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{what}: {}", answer.text().await.unwrap());
    };
    for provider in ["hubspot", "notion", "airtable"] {
        let ask = http.post(format!("{}/integrations/{provider}/authorize", server.url)).bearer_auth(&key).form(&IDS);
        let link: String = ask.send().await.unwrap().json().await.unwrap();
        secrets.push(last_part(&link));
        let person = Browser::new();
        let consent = person.consent(&link).await;
        secrets.push(consent.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned());
        answers.push(person.post(consent.as_str(), &[("decision", "approve")]).await.text().await.unwrap());
        let credentials = format!("/integrations/{provider}/credentials");
        let read = http.post(format!("{}{credentials}", server.url)).bearer_auth(&key).form(&IDS).send().await.unwrap();
        secrets.push(read.json::<serde_json::Value>().await.unwrap()["access_token"].as_str().unwrap().to_owned());
        // A load whose token is refused: it is refreshed, and a second time the grant is dead.
        steer("expire", serde_json::json!({"provider": provider})).await;
        answers.push(call("GET", &format!("/integrations/{provider}/items")).await);
        answers.push(call("GET", &credentials).await);
        answers.push(
            operator
                .get(&format!("{}/connections/{provider}?org_id=acme&user_id=ada", server.url))
                .await
                .text()
                .await
                .unwrap(),
        );
    }
    // Another account is asked about; its tokens wait in the store.
    steer("config", serde_json::json!({"hubspot": {"hub_id": 24816358}})).await;
    let ask = http.post(format!("{}/integrations/hubspot/authorize", server.url)).bearer_auth(&key).form(&IDS);
    let choice = Browser::new().approve(&ask.send().await.unwrap().json::<String>().await.unwrap()).await;
    assert!(choice.url().path().starts_with("/account-choice/"), "{}", choice.url());
    secrets.push(last_part(choice.url().path()));
    steer("config", serde_json::json!({"faults": [{"path": "/notion/v1", "kind": "malformed"}]})).await;
    answers.push(call("GET", "/integrations/notion/items").await);
    steer("revoke_all", serde_json::json!({})).await;
    for path in [
        "/integrations/airtable/items",
        "/integrations/hubspot/items",
        "/audit.json",
        "/encryption-keys",
        "/nothing",
        "/",
    ] {
        answers.push(call("GET", path).await);
    }
    answers.push(operator.get(&format!("{}/audit?org_id=acme", server.url)).await.text().await.unwrap());
    answers.push(operator.get(&format!("{}/?org_id=acme&user_id=ada", server.url)).await.text().await.unwrap());
    answers.push(
        operator
            .get(&format!("{}/integrations/hubspot/oauth2callback?state=a&code=b", server.url))
            .await
            .text()
            .await
            .unwrap(),
    );
    answers.push(call("DELETE", "/integrations/notion/credentials").await);

    server.kill();
    server.signal();
    let log = std::fs::read(server.folder.path().join("log")).unwrap();
    let store = std::fs::read(data.join("tributary.redb")).unwrap();
    assert!(
        contains(&log, b"loaded") && contains(&store, b"connection/hubspot/acme/ada"),
        "this reads what was written"
    );
    secrets.extend(TOKENS.map(str::to_owned));
    for secret in &secrets {
        assert!(secret.len() > 5, "{secret} is too short to look for");
        let line = String::from_utf8_lossy(&log).lines().find(|line| line.contains(secret.as_str())).map(str::to_owned);
        assert_eq!(line, None, "the log holds {secret}");
        assert!(!contains(&store, secret.as_bytes()), "the store holds {secret}");
        for answer in &answers {
            assert!(!answer.contains(secret.as_str()), "an answer holds {secret}: {answer}");
        }
    }
}

/// What stands behind the last slash.
fn last_part(path: &str) -> String {
    path.rsplit('/').next().unwrap().to_owned()
}
