//! Who may do what.

use http::StatusCode;
use reqwest::header;

use crate::{app::App, browser::Browser, caller::IDS};

const CLOSED: [(&str, &str); 11] = [
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
async fn nothing_is_open_without_a_key_or_a_session() {
    let app = App::start().await;
    for (method, path) in CLOSED {
        let answer = app.anybody(method, path).query(&IDS).form(&IDS).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{method} {path}");
        let wrong = app
            .anybody(method, path)
            .bearer_auth("an-api-key-for-the-testz")
            .query(&IDS)
            .form(&IDS)
            .send()
            .await
            .unwrap();
        assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED, "{method} {path} with a wrong key");
        let error: serde_json::Value = wrong.json().await.unwrap();
        assert_eq!(error["code"], "unauthorized");
        assert!(error["detail"].as_str().unwrap().ends_with('>'));
    }
    assert_eq!(app.anybody("GET", "/connect/hubspot").send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let page = app.anybody("GET", "/").send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Sign in to Tributary") && !page.contains("HubSpot</h2>"));
}

#[tokio::test]
async fn a_sign_in_link_works_once() {
    let app = App::start().await;
    let link: serde_json::Value = app.program("POST", "/sign-in-links").send().await.unwrap().json().await.unwrap();
    let link = link["url"].as_str().unwrap();
    let (first, second) = (Browser::new(), Browser::new());
    assert_eq!(first.get(link).await.url().path(), "/");
    assert!(first.get(&app.url).await.text().await.unwrap().contains("HubSpot</h2>"));
    let answer = second.get(link).await;
    assert_eq!(answer.status(), StatusCode::GONE);
    assert!(answer.text().await.unwrap().contains("tributary sign-in"));
    // Whoever is signed in already is not sent away by an old link.
    assert_eq!(first.get(link).await.url().path(), "/");
}

#[tokio::test]
async fn a_session_ends_when_its_owner_says_so() {
    let app = App::start().await;
    let browser = app.signed_in().await;
    browser.post(&format!("{}/sign-out", app.url), &[]).await;
    assert!(browser.get(&app.url).await.text().await.unwrap().contains("Sign in to Tributary"));
}

#[tokio::test]
async fn the_session_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let app = App::start().await;
    let link = tributary::server::access::create_sign_in_link(&app.state).await.unwrap();
    let answer = app.anybody("GET", link.strip_prefix(&app.url).unwrap()).send().await.unwrap();
    let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert_eq!(cookie.split(['=', ';']).nth(1).unwrap().len(), 43, "256 bits");
}

#[tokio::test]
async fn foreign_hosts_and_origins_are_refused() {
    let app = App::start().await;
    for (name, value) in [
        ("host", "evil.example"),
        ("host", "localhost.evil.example:8000"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        for (method, path) in [("GET", "/"), ("GET", "/integrations/hubspot/items"), ("POST", "/api/load")] {
            let answer = app.program(method, path).header(name, value).query(&IDS).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{method} {path} {name}: {value}");
        }
    }
    let answer = app
        .program("POST", "/integrations/hubspot/load")
        .header("sec-fetch-site", "cross-site")
        .form(&IDS)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert_eq!(answer.json::<serde_json::Value>().await.unwrap()["code"], "forbidden");
    let own = app.program("POST", "/sign-in-links").header("origin", &app.url).header("sec-fetch-site", "same-origin");
    assert_eq!(own.send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn another_site_cannot_start_a_connection_with_a_link() {
    let app = App::start().await;
    let link = tributary::server::access::create_sign_in_link(&app.state).await.unwrap();
    let signed_in = app.anybody("GET", link.strip_prefix(&app.url).unwrap()).send().await.unwrap();
    let cookie = signed_in.headers()[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    let follow = |site: &'static str| {
        app.anybody("GET", "/connect/hubspot").header("cookie", &cookie).header("sec-fetch-site", site).send()
    };
    assert_eq!(follow("cross-site").await.unwrap().status(), StatusCode::FORBIDDEN);
    assert_eq!(follow("same-origin").await.unwrap().status(), StatusCode::SEE_OTHER);
    let rest = app.anybody("GET", "/integrations/hubspot/authorize").query(&IDS);
    let rest = rest.header("cookie", &cookie).header("sec-fetch-site", "cross-site").send().await.unwrap();
    assert_eq!(rest.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn every_answer_bears_its_request_id_and_the_security_headers() {
    let app = App::start().await;
    for path in ["/", "/healthz", "/readyz", "/nothing", "/connected/hubspot/denied", "/integrations/hubspot/items"] {
        let answer = app.anybody("GET", path).header("x-request-id", "mine-1").send().await.unwrap();
        let header =
            |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
        assert_eq!(header("x-request-id"), "mine-1", "{path}");
        assert!(header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(
            (header("x-content-type-options"), header("referrer-policy")),
            ("nosniff".into(), "same-origin".into()),
            "{path}"
        );
    }
    let answer = app.anybody("GET", "/healthz").header("x-request-id", "not plain <>").send().await.unwrap();
    assert_eq!(answer.headers()["x-request-id"].len(), 32, "an id that could forge a log line is replaced");
    let page = app.anybody("GET", "/").send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
    assert!(!policy.contains("unsafe-inline") && page.text().await.unwrap().contains(&format!("nonce=\"{nonce}\"")));
}

#[tokio::test]
async fn a_session_ends_after_twelve_idle_hours_and_lives_on_while_it_is_used() {
    let app = App::start().await;
    let browser = app.signed_in().await;
    let signed_in = async || browser.get(&app.url).await.text().await.unwrap().contains("HubSpot</h2>");
    for _ in 0..3 {
        app.advance(jiff::SignedDuration::from_hours(11));
        assert!(signed_in().await);
    }
    app.advance(jiff::SignedDuration::from_hours(13));
    assert!(!signed_in().await);
}

#[tokio::test]
async fn looking_whether_a_link_leads_somewhere_does_not_use_it_up() {
    let app = App::start().await;
    let link = tributary::server::access::create_sign_in_link(&app.state).await.unwrap();
    let looked = app.anybody("HEAD", link.strip_prefix(&app.url).unwrap()).send().await.unwrap();
    assert_eq!(looked.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(Browser::new().get(&link).await.url().path(), "/");
}

#[tokio::test]
async fn a_server_function_never_redirects_to_where_a_request_says_it_came_from() {
    let app = App::start().await;
    let request =
        app.program("POST", "/api/disconnect").header("accept", "text/html").header("referer", "https://evil.example/");
    let answer = request.form(&[("org_id", "a"), ("user_id", "b"), ("provider", "hubspot")]).send().await.unwrap();
    assert_eq!((answer.status(), answer.headers().get("location")), (StatusCode::NOT_FOUND, None));
}
