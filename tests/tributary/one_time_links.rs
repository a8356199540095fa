//! One-time links and callbacks: opening one has no effect, and nobody else can use it up.

use std::time::Duration;

use http::StatusCode;
use tributary::server::crypto::digest;

use crate::support::{app::App, browser::Browser};

#[tokio::test]
async fn a_sign_in_link_works_once() {
    let app = App::start().await;
    let link: serde_json::Value = app.api("POST", "/sign-in-links").send().await.unwrap().json().await.unwrap();
    let link = link["url"].as_str().unwrap();
    let (first, second) = (Browser::new(), Browser::new());
    for _ in 0..3 {
        let page = first.get(link).await;
        assert_eq!(
            (page.status(), page.headers().get("set-cookie")),
            (StatusCode::OK, None),
            "opening it has no effect"
        );
        assert!(page.text().await.unwrap().contains(">Sign in</button>"));
    }
    assert_eq!(first.post(link, &[]).await.url().path(), "/");
    assert!(first.get(&app.url).await.text().await.unwrap().contains("HubSpot</h2>"));
    for response in [second.get(link).await, second.post(link, &[]).await] {
        assert_eq!(response.status(), StatusCode::GONE);
        assert!(response.text().await.unwrap().contains("tributary sign-in"));
    }
    // A used link redirects a browser that is signed in already to the page.
    assert_eq!(first.get(link).await.url().path(), "/");
}

#[tokio::test]
async fn opening_a_connect_link_shows_what_will_be_read_and_uses_nothing_up() {
    let app = App::start().await;
    let link = app.connect_link("hubspot").await;
    for _ in 0..3 {
        let page = Browser::new().get(&link).await;
        assert_eq!((page.status(), page.headers().get("set-cookie")), (StatusCode::OK, None));
        let policy = page.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.contains(&format!("form-action 'self' {}; ", app.sandbox)), "{policy}");
        let text = page.text().await.unwrap();
        for part in ["HubSpot", "ada", "acme", "contacts, companies and deals", "never changes", "method=\"post\""] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
    // Links are sent in mails and chats, so they are opened from other sites. The button is on our own page.
    let from = |method: &str, site: &'static str| {
        app.anonymous(method, link.strip_prefix(&app.url).unwrap()).header("sec-fetch-site", site).send()
    };
    assert_eq!(from("GET", "cross-site").await.unwrap().status(), StatusCode::OK);
    assert_eq!(from("POST", "cross-site").await.unwrap().status(), StatusCode::FORBIDDEN);
    assert!(Browser::new().approve(&link).await.url().path().ends_with("/connected"));
}

#[tokio::test]
async fn a_callback_in_another_browser_does_not_use_the_attempt_up() {
    let app = App::start().await;
    let browser = Browser::new();
    let callback = browser.callback(&app.connect_link("hubspot").await).await;
    for stranger in ["hubspot", "notion"] {
        let callback = callback.replace("/hubspot/", &format!("/{stranger}/"));
        assert!(Browser::new().get(&callback).await.url().path().ends_with("/wrong_browser"));
    }
    assert!(browser.get(&callback).await.url().path().ends_with("/connected"));
}

#[tokio::test]
async fn a_forged_connect_link_or_attempt_is_refused() {
    let app = App::start().await;
    let store = &app.state.store;
    let of = |kind: &str, secret: &str| format!("{kind}/{}", digest(secret));
    let link = app.connect_link("hubspot").await;
    let real = store.get(&of("connect-link", link.rsplit('/').next().unwrap())).await.unwrap().unwrap();
    let plain = br#"{"subject":{"org_id":"acme","user_id":"ada"},"provider":"hubspot"}"#;
    for record in [plain.as_slice(), &real] {
        store.put(&of("connect-link", "made-up"), record, Duration::from_secs(600)).await.unwrap();
        store.put(&of("attempt", "made-up"), record, Duration::from_secs(600)).await.unwrap();
        let link = format!("{}/connect/made-up", app.url);
        assert_eq!(Browser::new().get(&link).await.status(), StatusCode::GONE);
        assert_eq!(Browser::new().post(&link, &[]).await.status(), StatusCode::GONE);
        let callback = format!("{}/integrations/hubspot/oauth2callback?code=x&state=made-up", app.url);
        assert!(Browser::new().get(&callback).await.url().path().ends_with("/expired"));
    }
    assert!(Browser::new().approve(&link).await.url().path().ends_with("/connected"));
}
