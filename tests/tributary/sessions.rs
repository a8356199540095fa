//! Sessions and sign-in links: how they end, and what somebody who writes to the store can do with them.

use std::{sync::Arc, time::Duration};

use http::StatusCode;
use jiff::SignedDuration;
use tributary::server::{access::create_sign_in_link, crypto::digest, store};

use crate::support::{
    app::App,
    browser::Browser,
    fixtures::{API_KEY, K1},
};

const HOUR: Duration = Duration::from_secs(3600);

/// Whether the page greets a browser with this cookie as signed in.
async fn is_signed_in(app: &App, cookie: &str) -> bool {
    let page = app.anonymous("GET", "/").header("cookie", cookie).send().await.unwrap();
    page.text().await.unwrap().contains("HubSpot</h2>")
}

/// The key of the session with this cookie in the store.
fn session_key(cookie: &str) -> String {
    format!("session/{}", digest(cookie.split_once('=').unwrap().1))
}

#[tokio::test]
async fn a_forged_session_or_sign_in_link_is_refused() {
    let app = App::start().await;
    let (cookie, store) = (app.session_cookie().await, &app.state.store);
    let real = store.get(&session_key(&cookie)).await.unwrap().unwrap();
    let forged = "tributary_session=of-somebody-who-writes-to-the-store";
    let now = jiff::Timestamp::now().to_string();
    let plain = format!(r#"{{"begun_at":"{now}","epoch":""}}"#);
    // What earlier versions stored, the record in clear, and another session's record.
    for record in [now.as_bytes(), plain.as_bytes(), &real] {
        store.put(&session_key(forged), record, HOUR).await.unwrap();
        assert!(!is_signed_in(&app, forged).await, "{}", String::from_utf8_lossy(record));
    }
    assert!(is_signed_in(&app, &cookie).await);
    for record in [b"1".as_slice(), &real] {
        store.put(&format!("sign-in/{}", digest("made-up")), record, HOUR).await.unwrap();
        assert_eq!(Browser::new().press(&format!("{}/sign-in/made-up", app.url)).await.status(), StatusCode::GONE);
    }
}

#[tokio::test]
async fn a_session_ends_seven_days_after_signing_in_however_much_it_is_used() {
    let app = App::start().await;
    let cookie = app.session_cookie().await;
    for _ in 0..15 {
        app.advance_clock(SignedDuration::from_hours(11));
        assert!(is_signed_in(&app, &cookie).await);
    }
    app.advance_clock(SignedDuration::from_hours(4));
    assert!(!is_signed_in(&app, &cookie).await, "after 169 hours");
}

#[tokio::test]
async fn signing_out_everywhere_ends_all_sessions_and_unused_sign_in_links() {
    let app = App::start().await;
    for by_browser in [true, false] {
        let (browser, other) = (app.signed_in_browser().await, app.session_cookie().await);
        let link = create_sign_in_link(&app.state).await.unwrap();
        assert!(is_signed_in(&app, &other).await);
        if by_browser {
            let end = browser.post(&format!("{}/sign-out-everywhere", app.url), &[]).await;
            assert!(end.text().await.unwrap().contains("Sign in to Tributary"));
        } else {
            let end = app.api("DELETE", "/sessions").send().await.unwrap();
            assert_eq!(end.status(), StatusCode::NO_CONTENT);
        }
        assert!(!is_signed_in(&app, &other).await);
        assert_eq!(Browser::new().press(&link).await.status(), StatusCode::GONE);
        assert!(is_signed_in(&app, &app.session_cookie().await).await, "a new link works");
    }
}

#[tokio::test]
async fn only_an_api_key_or_a_signed_in_browser_signs_out_everybody() {
    let app = App::start().await;
    let cookie = app.session_cookie().await;
    for (method, path) in [("DELETE", "/sessions"), ("POST", "/sign-out-everywhere")] {
        assert_eq!(app.anonymous(method, path).send().await.unwrap().status(), StatusCode::UNAUTHORIZED, "{path}");
    }
    let by_cookie = app.anonymous("DELETE", "/sessions").header("cookie", &cookie).send().await.unwrap();
    assert_eq!(by_cookie.status(), StatusCode::FORBIDDEN);
    assert!(is_signed_in(&app, &cookie).await);
}

#[tokio::test]
async fn a_changed_api_key_ends_all_sessions_and_sign_in_links() {
    let folder = tempfile::tempdir().unwrap();
    let store = store::open(None, folder.path(), 1 << 20).await.unwrap();
    let start = async |api_key: &str| {
        let variables = [("TRIBUTARY_API_KEY", api_key), ("TRIBUTARY_ENCRYPTION_KEYS", K1)];
        App::start_with(Default::default(), &variables, Some(store.clone())).await
    };
    let before = start(API_KEY).await;
    let (cookie, link) = (before.session_cookie().await, create_sign_in_link(&before.state).await.unwrap());
    let path = link.strip_prefix(&before.url).unwrap();
    let after = start("another-api-key-for-the-tests").await;
    assert!(!is_signed_in(&after, &cookie).await);
    assert_eq!(Browser::new().press(&format!("{}{path}", after.url)).await.status(), StatusCode::GONE);
    assert!(is_signed_in(&start(API_KEY).await, &cookie).await, "with the same key they continue");
}

#[tokio::test]
async fn a_session_put_back_into_the_store_works_only_until_it_expires_or_its_epoch_ends() {
    let app = App::start().await;
    let cookie = app.session_cookie().await;
    let (key, store) = (session_key(&cookie), app.state.store.clone());
    let record = store.get(&key).await.unwrap().unwrap();
    let sign_out = app.anonymous("POST", "/sign-out").header("cookie", &cookie).send().await.unwrap();
    assert!(sign_out.status().is_redirection() && !is_signed_in(&app, &cookie).await);

    let put_back = async || Arc::clone(&store).put(&key, &record, HOUR).await.unwrap();
    put_back().await;
    assert!(is_signed_in(&app, &cookie).await, "this is the residual risk that docs/vault.md names");
    app.advance_clock(SignedDuration::from_hours(13));
    put_back().await;
    assert!(!is_signed_in(&app, &cookie).await, "the time of the last request is sealed");
    app.advance_clock(SignedDuration::from_hours(-13));
    put_back().await;
    assert!(is_signed_in(&app, &cookie).await);
    app.api("DELETE", "/sessions").send().await.unwrap();
    put_back().await;
    assert!(!is_signed_in(&app, &cookie).await, "its epoch has ended");
    store.take("session-epoch").await.unwrap();
    assert!(!is_signed_in(&app, &cookie).await, "without an epoch no session is valid");
}
