//! The sandbox as its clients see it: through its routes, with a clock that the tests advance.

use std::time::Duration;

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{
    Options,
    context::clock::{Clock, ManualClock},
    router_at,
};

mod airtable;
mod control;
#[cfg(feature = "example")]
mod example;
mod faults;
mod hubspot;
mod notion;
mod stand_ins;

/// A sandbox and a client with the tokens of one grant.
pub(crate) struct Sandbox {
    router: Router,
    pub clock: ManualClock,
    pub access_token: String,
    pub refresh_token: String,
}

pub(crate) struct Response {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Response {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The ids in a page of results, and the cursor of the next page.
    pub(crate) fn page(&self) -> (Vec<String>, Option<String>) {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        let page = self.json();
        let ids = page["results"].as_array().unwrap().iter().map(|record| record["id"].as_str().unwrap().to_owned());
        (ids.collect(), page.pointer("/paging/next/after").map(|after| after.as_str().unwrap().to_owned()))
    }
}

impl Sandbox {
    /// A sandbox whose client has no tokens.
    pub(crate) fn new(seed: u64) -> Self {
        let (shown, clock) = Clock::manual("2026-11-22T12:00:00Z");
        let options = Options {
            public_url: "http://localhost:8001".to_owned(),
            records: "contacts=250,companies=40,deals=30".parse().unwrap(),
            latency: Duration::ZERO,
            limits: true,
            seed,
        };
        let (access_token, refresh_token) = (String::new(), String::new());
        Self { router: router_at(options, shown), clock, access_token, refresh_token }
    }

    pub(crate) fn keep(&mut self, tokens: &Value) {
        self.access_token = tokens["access_token"].as_str().unwrap().to_owned();
        self.refresh_token = tokens["refresh_token"].as_str().unwrap().to_owned();
    }

    pub(crate) async fn send(&self, method: Method, path: &str, kind: &str, body: String) -> Response {
        let request = Request::builder().method(method).uri(path).header(header::HOST, "localhost:8001");
        let request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.access_token));
        self.run(request.header(header::CONTENT_TYPE, kind).body(Body::from(body)).unwrap()).await
    }

    pub(crate) async fn run(&self, request: Request<Body>) -> Response {
        let (head, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Response { status: head.status, headers: head.headers, body: String::from_utf8_lossy(&body).into_owned() }
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.send(Method::GET, path, "", String::new()).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Response {
        self.send(Method::POST, path, "application/json", body.to_string()).await
    }

    pub(crate) async fn form(&self, path: &str, fields: &str) -> Response {
        self.send(Method::POST, path, "application/x-www-form-urlencoded", fields.to_owned()).await
    }

    pub(crate) async fn configure(&self, patch: Value) {
        let response = self.post("/__sandbox/config", patch).await;
        assert_eq!(response.status, StatusCode::OK, "{}", response.body);
    }

    pub(crate) async fn stats(&self) -> Value {
        self.get("/__sandbox/stats").await.json()
    }
}

#[tokio::test]
async fn the_index_page_says_what_the_sandbox_is() {
    let response = Sandbox::new(1).get("/").await;
    assert!(response.body.contains("Tributary's sandbox"), "{}", response.body);
}

#[tokio::test]
async fn a_request_addressed_to_another_host_is_rejected() {
    let sandbox = Sandbox::new(1);
    for (host, status) in [("127.0.0.1:9", 200), ("[::1]:9", 200), ("rebound.example", 403), ("localhost.example", 403)]
    {
        for path in ["/", "/__sandbox/stats", "/__sandbox/config"] {
            let request = Request::builder().uri(path).header(header::HOST, host).body(Body::empty()).unwrap();
            assert_eq!(sandbox.run(request).await.status, status, "{host} {path}");
        }
    }
    let settings = json!({"latency_ms": 1});
    let request = Request::post("/__sandbox/config").header(header::HOST, "rebound.example");
    let request =
        request.header(header::CONTENT_TYPE, "application/json").body(Body::from(settings.to_string())).unwrap();
    assert_eq!(sandbox.run(request).await.status, 403);
}
