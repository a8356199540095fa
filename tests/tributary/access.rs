//! Authentication, sessions, and protection against other sites.

use http::StatusCode;
use reqwest::header;

use crate::support::{app::App, browser::Browser, fixtures::SUBJECT};

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
async fn requests_for_other_hosts_or_from_other_origins_are_rejected() {
    let app = App::start().await;
    for (name, value) in [
        ("host", "evil.example"),
        ("host", "localhost.evil.example:8000"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        for (method, path) in [("GET", "/"), ("GET", "/integrations/hubspot/items"), ("POST", "/api/load")] {
            let response = app.api(method, path).header(name, value).query(&SUBJECT).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::FORBIDDEN, "{method} {path} {name}: {value}");
        }
    }
    let response = app
        .api("POST", "/integrations/hubspot/load")
        .header("sec-fetch-site", "cross-site")
        .form(&SUBJECT)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert_eq!(response.json::<serde_json::Value>().await.unwrap()["code"], "forbidden");
    let same_origin =
        app.api("POST", "/sign-in-links").header("origin", &app.url).header("sec-fetch-site", "same-origin");
    assert_eq!(same_origin.send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_link_on_another_site_cannot_start_a_connection() {
    let app = App::start().await;
    let cookie = app.session_cookie().await;
    let follow = |site: &'static str| {
        app.anonymous("GET", "/connect/hubspot").header("cookie", &cookie).header("sec-fetch-site", site).send()
    };
    for site in ["cross-site", "same-site", "none"] {
        let page = follow(site).await.unwrap();
        assert_eq!((page.status(), page.headers().get("set-cookie")), (StatusCode::OK, None), "{site}");
        let page = page.text().await.unwrap();
        assert!(
            page.contains("Continue to HubSpot") && page.contains("<b>demo</b>"),
            "it asks, and names the user: {page}"
        );
    }
    assert_eq!(follow("same-origin").await.unwrap().status(), StatusCode::SEE_OTHER);
    let form = app.anonymous("POST", "/connect/hubspot").header("cookie", &cookie);
    let form = form.header("sec-fetch-site", "cross-site").send().await.unwrap();
    assert_eq!(form.status(), StatusCode::FORBIDDEN);
    let redirect = app.anonymous("GET", "/integrations/hubspot/authorize").query(&SUBJECT);
    let redirect = redirect.header("cookie", &cookie).header("sec-fetch-site", "cross-site").send().await.unwrap();
    assert_eq!(redirect.status(), StatusCode::FORBIDDEN);
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
async fn a_head_request_has_no_effect() {
    let app = App::start().await;
    let link = tributary::server::access::create_sign_in_link(&app.state).await.unwrap();
    let response = app.anonymous("HEAD", link.strip_prefix(&app.url).unwrap()).send().await.unwrap();
    assert_eq!((response.status(), response.headers().get("set-cookie")), (StatusCode::OK, None));
    assert_eq!(Browser::new().press(&link).await.url().path(), "/");

    app.connect().await;
    let (cookie, before) = (app.session_cookie().await, app.stats().await);
    let head = |path: &str| app.api("HEAD", path).header("cookie", &cookie).header("sec-fetch-site", "same-origin");
    for path in ["items", "authorize", "oauth2callback"] {
        let response = head(&format!("/integrations/hubspot/{path}")).query(&SUBJECT).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert!(response.headers()["allow"].to_str().unwrap().starts_with("GET"), "{path}");
    }
    let response = head("/connect/hubspot").query(&SUBJECT).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    let response = head("/?items=hubspot").query(&SUBJECT).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(app.stats().await, before, "nothing was requested from the provider");
}

#[tokio::test]
async fn a_head_request_to_the_callback_connects_nothing() {
    let app = App::start().await;
    let browser = Browser::new();
    let consent = browser.open_consent_page(&app.connect_link("hubspot").await).await;
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let approved = http.post(consent).form(&[("decision", "approve")]).send().await.unwrap();
    let callback = approved.headers()["location"].to_str().unwrap();
    assert_eq!(browser.head(callback).await.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert!(browser.get(callback).await.url().path().ends_with("/connected"), "the attempt is not used up");
}

#[tokio::test]
async fn another_site_cannot_begin_a_load() {
    let app = App::start().await;
    app.connect().await;
    let (cookie, before) = (app.session_cookie().await, app.stats().await);
    let from = |site: &'static str, path: &'static str| {
        app.anonymous("GET", path).query(&SUBJECT).header("cookie", &cookie).header("sec-fetch-site", site).send()
    };
    for site in ["cross-site", "same-site"] {
        let page = from(site, "/?items=hubspot").await.unwrap();
        assert_eq!(page.status(), StatusCode::OK);
        assert!(page.text().await.unwrap().contains("Disconnect HubSpot"), "the page is shown");
        let items = from(site, "/integrations/hubspot/items").await.unwrap();
        assert_eq!(items.status(), StatusCode::FORBIDDEN);
        assert_eq!(items.json::<serde_json::Value>().await.unwrap()["code"], "forbidden");
    }
    assert_eq!(app.stats().await, before, "nothing was requested from the provider");
    for site in ["same-origin", "none"] {
        let before = app.stats().await;
        assert_eq!(from(site, "/?items=hubspot").await.unwrap().status(), StatusCode::OK);
        assert_ne!(app.stats().await, before, "{site}");
        assert_eq!(from(site, "/integrations/hubspot/items").await.unwrap().status(), StatusCode::OK, "{site}");
    }
    let by_key = app.api("GET", "/integrations/hubspot/items").query(&SUBJECT).header("sec-fetch-site", "cross-site");
    assert_eq!(by_key.send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn an_https_site_is_served_at_its_default_port_to_its_own_origin_and_with_hsts() {
    let app =
        App::start_with(Default::default(), &[("TRIBUTARY_PUBLIC_URL", "https://tributary.example.com")], None).await;
    let request = |host: &'static str| app.api("POST", "/sign-in-links").header("host", host);
    for host in ["tributary.example.com", "tributary.example.com:443"] {
        let response = request(host).header("origin", "https://tributary.example.com").send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{host}");
        assert_eq!(response.headers()["strict-transport-security"], "max-age=31536000");
    }
    let insecure = request("tributary.example.com").header("origin", "http://tributary.example.com");
    assert_eq!(insecure.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    let local = App::start().await.anonymous("GET", "/healthz").send().await.unwrap();
    assert!(local.headers().get("strict-transport-security").is_none());
}

#[tokio::test]
async fn a_server_function_never_redirects_to_the_referer() {
    let app = App::start().await;
    let request =
        app.api("POST", "/api/disconnect").header("accept", "text/html").header("referer", "https://evil.example/");
    let response = request.form(&[("org_id", "a"), ("user_id", "b"), ("provider", "hubspot")]).send().await.unwrap();
    assert_eq!((response.status(), response.headers().get("location")), (StatusCode::NOT_FOUND, None));
}
