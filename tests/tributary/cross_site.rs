//! Requests that other sites have a browser send, requests for other hosts, and HEAD requests.

use http::StatusCode;

use crate::support::{app::App, browser::Browser, fixtures::SUBJECT};

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
async fn a_head_request_has_no_effect() {
    let app = App::start().await;
    let link = tributary::server::access::create_sign_in_link(&app.state).await.unwrap();
    let response = app.anonymous("HEAD", link.strip_prefix(&app.url).unwrap()).send().await.unwrap();
    let cookie = response.headers()["set-cookie"].to_str().unwrap();
    assert!(response.status() == StatusCode::OK && cookie.starts_with("tributary_link_"), "no session: {cookie}");
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
    let callback = &browser.callback(&app.connect_link("hubspot").await).await;
    assert_eq!(browser.head(callback).await.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert!(browser.get(callback).await.url().path().ends_with("/connected"), "the attempt is not used up");
}
