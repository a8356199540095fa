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
        assert_eq!(page.status(), StatusCode::OK, "opening it has no effect");
        let mut cookies = page.headers().get_all("set-cookie").into_iter();
        assert!(cookies.all(|cookie| cookie.to_str().unwrap().starts_with("tributary_link_")));
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
    first.post(&format!("{}/sign-out", app.url), &[]).await;
    assert_eq!(first.post(link, &[]).await.status(), StatusCode::GONE, "it does not sign in again after signing out");
}

#[tokio::test]
async fn a_double_click_on_sign_in_signs_in_although_the_browser_drops_the_first_response() {
    let app = App::start().await;
    let link = tributary::server::access::create_sign_in_link(&app.state).await.unwrap();
    let path = link.strip_prefix(&app.url).unwrap();
    let page = app.anonymous("GET", path).send().await.unwrap();
    let cookie = page.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let press = || app.anonymous("POST", path).header("cookie", &cookie).send();
    let dropped = press().await.unwrap();
    let second = press().await.unwrap();
    assert_eq!((dropped.status(), second.status()), (StatusCode::SEE_OTHER, StatusCode::SEE_OTHER));
    let session = second.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let home = app.anonymous("GET", "/").header("cookie", session).send().await.unwrap().text().await.unwrap();
    assert!(home.contains("HubSpot</h2>"), "{home}");
    for without in [Browser::new().get(&link).await, Browser::new().post(&link, &[]).await] {
        assert_eq!(without.status(), StatusCode::GONE, "another browser");
    }
    app.advance_clock(jiff::SignedDuration::from_secs(61));
    assert_eq!(press().await.unwrap().status(), StatusCode::GONE, "a minute later");
}

#[tokio::test]
async fn a_connect_link_belongs_to_the_first_browser_that_uses_it_until_the_account_is_connected() {
    let app = App::start().await;
    let link = app.connect_link("hubspot").await;
    let (browser, preview) = (Browser::new(), Browser::new());
    preview.get(&link).await;
    // A double click, of whose responses the browser drops the first; then a way back from the provider's page.
    for _ in 0..3 {
        browser.open_consent_page(&link).await;
    }
    for used in [preview.get(&link).await, preview.post(&link, &[]).await, Browser::new().post(&link, &[]).await] {
        assert_eq!(used.status(), StatusCode::GONE);
    }
    assert!(browser.decide(&link, "deny").await.url().path().ends_with("/denied"));
    assert!(browser.approve(&link).await.url().path().ends_with("/connected"));
    for used in [browser.get(&link).await, browser.post(&link, &[]).await] {
        assert_eq!(used.status(), StatusCode::GONE, "the account is connected");
    }
}

#[tokio::test]
async fn of_many_browsers_that_use_a_connect_link_at_once_exactly_one_gets_through() {
    let app = App::start().await;
    let link = app.connect_link("hubspot").await;
    let presses = (0..12).map(|_| async { Browser::new().press(&link).await.status() });
    let statuses = futures::future::join_all(presses).await;
    assert_eq!(statuses.iter().filter(|status| status.is_success()).count(), 1, "{statuses:?}");
}

#[tokio::test]
async fn opening_a_connect_link_shows_what_will_be_read_and_uses_nothing_up() {
    let app = App::start().await;
    let link = app.connect_link("hubspot").await;
    for _ in 0..3 {
        let page = Browser::new().get(&link).await;
        assert_eq!(page.status(), StatusCode::OK);
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
