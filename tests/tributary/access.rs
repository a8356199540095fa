//! Authentication, the session cookie and the security headers.

use http::StatusCode;
use reqwest::header;

use crate::support::{app::App, fixtures::SUBJECT};

/// Endpoints that need a caller.
const PROTECTED: [(&str, &str); 11] = [
    ("POST", "/integrations/hubspot/authorize"),
    ("GET", "/integrations/hubspot/authorize"),
    ("POST", "/integrations/hubspot/credentials"),
    ("GET", "/integrations/hubspot/credentials"),
    ("DELETE", "/integrations/hubspot/credentials"),
    ("POST", "/integrations/hubspot/load"),
    ("GET", "/integrations/hubspot/items"),
    ("POST", "/api/cards"),
    ("POST", "/api/load"),
    ("POST", "/api/disconnect"),
    ("POST", "/sign-in-links"),
];

#[tokio::test]
async fn endpoints_require_an_api_key_or_a_session() {
    let app = App::start().await;
    for (method, path) in PROTECTED {
        let response = app.anonymous(method, path).query(&SUBJECT).form(&SUBJECT).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{method} {path}");
        let wrong = app
            .anonymous(method, path)
            .bearer_auth("an-api-key-for-the-testz")
            .query(&SUBJECT)
            .form(&SUBJECT)
            .send()
            .await
            .unwrap();
        assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED, "{method} {path} with a wrong key");
        let error: serde_json::Value = wrong.json().await.unwrap();
        assert_eq!(error["code"], "unauthorized");
        assert!(error["detail"].as_str().unwrap().contains("Authorization: Bearer <key>"), "{error}");
    }
    assert_eq!(app.anonymous("GET", "/connect/hubspot").send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let page = app.anonymous("GET", "/").send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Sign in to Tributary") && !page.contains("HubSpot</h2>"));
}

#[tokio::test]
async fn signing_out_ends_the_session() {
    let app = App::start().await;
    let browser = app.signed_in_browser().await;
    browser.post(&format!("{}/sign-out", app.url), &[]).await;
    assert!(browser.get(&app.url).await.text().await.unwrap().contains("Sign in to Tributary"));
}

#[tokio::test]
async fn the_session_cookie_is_http_only_and_same_site() {
    let app = App::start().await;
    let link = tributary::server::access::create_sign_in_link(&app.state).await.unwrap();
    let response = app.anonymous("POST", link.strip_prefix(&app.url).unwrap()).send().await.unwrap();
    let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert_eq!(cookie.split(['=', ';']).nth(1).unwrap().len(), 43, "256 bits");
}

#[tokio::test]
async fn every_response_has_its_request_id_and_the_security_headers() {
    let app = App::start().await;
    for path in ["/", "/healthz", "/readyz", "/nothing", "/connected/hubspot/denied", "/integrations/hubspot/items"] {
        let response = app.anonymous("GET", path).header("x-request-id", "request-1").send().await.unwrap();
        let header = |name: &str| {
            response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
        };
        assert_eq!(header("x-request-id"), "request-1", "{path}");
        assert!(header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(
            (header("x-content-type-options"), header("referrer-policy")),
            ("nosniff".into(), "same-origin".into()),
            "{path}"
        );
    }
    let response = app.anonymous("GET", "/healthz").header("x-request-id", "not plain <>").send().await.unwrap();
    assert_eq!(
        response.headers()["x-request-id"].len(),
        32,
        "an id with other characters is replaced, since it could forge a log line"
    );
    let page = app.anonymous("GET", "/").send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
    assert!(!policy.contains("unsafe-inline") && page.text().await.unwrap().contains(&format!("nonce=\"{nonce}\"")));
}

#[tokio::test]
async fn a_session_ends_after_twelve_idle_hours_and_use_extends_it() {
    let app = App::start().await;
    let browser = app.signed_in_browser().await;
    let signed_in = async || browser.get(&app.url).await.text().await.unwrap().contains("HubSpot</h2>");
    for _ in 0..3 {
        app.advance_clock(jiff::SignedDuration::from_hours(11));
        assert!(signed_in().await);
    }
    app.advance_clock(jiff::SignedDuration::from_hours(13));
    assert!(!signed_in().await);
}

#[tokio::test]
async fn a_server_function_never_redirects_to_the_referer() {
    let app = App::start().await;
    let request =
        app.api("POST", "/api/disconnect").header("accept", "text/html").header("referer", "https://evil.example/");
    let response = request.form(&[("org_id", "a"), ("user_id", "b"), ("provider", "hubspot")]).send().await.unwrap();
    assert_eq!((response.status(), response.headers().get("location")), (StatusCode::NOT_FOUND, None));
}
