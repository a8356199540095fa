//! Notion's stand-in as its clients see it.

use std::collections::BTreeMap;

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{Response, Sandbox};

mod consent;
mod faults;
mod filters;
mod limits;
mod oauth;
mod queries;
mod switches;
mod versions;
mod workspace;

const LATEST: &str = "2026-03-11";
const BACK: &str = "http://localhost:8000/back";
const FORM: &str = "application/x-www-form-urlencoded";

/// An integration with the tokens of one grant.
struct Integration {
    sandbox: Sandbox,
    client_id: &'static str,
    version: &'static str,
}

impl Integration {
    /// Without a grant.
    fn new(seed: u64) -> Self {
        Self { sandbox: Sandbox::new(seed), client_id: "app", version: LATEST }
    }

    /// With a grant for all pages.
    async fn connected() -> Self {
        let mut integration = Self::new(1);
        integration.connect("decision=approve").await;
        integration
    }

    /// With a grant for all pages, in a sandbox with these settings.
    async fn with(settings: Value) -> Self {
        let integration = Self::connected().await;
        integration.sandbox.configure(settings).await;
        integration
    }

    /// Connects by posting this form to the consent page.
    async fn connect(&mut self, form: &str) {
        let code = self.code(form, "").await;
        let tokens = self.exchange(&code).await.json();
        self.sandbox.keep(&tokens);
    }

    fn consent_path(&self, extra: &str) -> String {
        let query = format!("client_id={}&redirect_uri={BACK}&response_type=code&owner=user&state=s", self.client_id);
        format!("/notion/v1/oauth/authorize?{query}{extra}")
    }

    /// The code after approval. `extra` is added to the query of the consent page.
    async fn code(&self, form: &str, extra: &str) -> String {
        let response = self.sandbox.form(&self.consent_path(extra), form).await;
        let location = response.header("location");
        let query = location.strip_prefix("http://localhost:8000/back?code=").unwrap_or_else(|| panic!("{location:?}"));
        query.strip_suffix("&state=s").unwrap().to_owned()
    }

    async fn exchange(&self, code: &str) -> Response {
        self.token(json!({"grant_type": "authorization_code", "code": code, "redirect_uri": BACK})).await
    }

    async fn refresh(&self, refresh_token: &str) -> Response {
        self.token(json!({"grant_type": "refresh_token", "refresh_token": refresh_token})).await
    }

    async fn token(&self, body: Value) -> Response {
        self.oauth("token", &format!("{}:secret", self.client_id), "application/json", body.to_string()).await
    }

    /// Calls an OAuth endpoint, with these credentials if there are any.
    async fn oauth(&self, endpoint: &str, credentials: &str, kind: &str, body: String) -> Response {
        let request = Request::post(format!("/notion/v1/oauth/{endpoint}")).header(header::HOST, "localhost");
        let request = match credentials {
            "" => request,
            credentials => request.header(header::AUTHORIZATION, format!("Basic {}", STANDARD.encode(credentials))),
        };
        self.sandbox.run(request.header(header::CONTENT_TYPE, kind).body(Body::from(body)).unwrap()).await
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        let request = Request::builder().method(method).uri(format!("/notion/v1/{path}"));
        let request = request.header(header::HOST, "localhost").header("notion-version", self.version);
        let request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.sandbox.access_token));
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        self.sandbox.run(request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body)).unwrap()).await
    }

    async fn get(&self, path: &str) -> Response {
        self.call(Method::GET, path, None).await
    }

    async fn post(&self, path: &str, body: Value) -> Response {
        self.call(Method::POST, path, Some(body)).await
    }

    /// The body of a successful GET.
    async fn read(&self, path: &str) -> Value {
        let response = self.get(path).await;
        assert_eq!(response.status, StatusCode::OK, "{path}: {}", response.body);
        response.json()
    }

    /// All results of a list that is read by POST, over all pages.
    async fn all(&self, path: &str, body: Value) -> Vec<Value> {
        let (mut results, mut body) = (Vec::new(), body);
        loop {
            let response = self.post(path, body.clone()).await;
            assert_eq!(response.status, StatusCode::OK, "{path} {body}: {}", response.body);
            let page = response.json();
            results.extend(page["results"].as_array().unwrap().iter().cloned());
            assert_eq!(page["has_more"], !page["next_cursor"].is_null());
            if page["has_more"] == false {
                return results;
            }
            body["start_cursor"] = page["next_cursor"].clone();
        }
    }

    /// All results of a list that is read by GET, over all pages.
    async fn listed(&self, path: &str) -> Vec<Value> {
        let (mut results, mut cursor) = (Vec::new(), String::new());
        loop {
            let page =
                self.read(&format!("{path}{}page_size=7{cursor}", if path.contains('?') { '&' } else { '?' })).await;
            results.extend(page["results"].as_array().unwrap().iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&start_cursor={next}"),
                None => return results,
            }
        }
    }

    /// The ids of the data sources, by their titles.
    async fn sources(&self) -> BTreeMap<String, String> {
        let filter = json!({"filter": {"property": "object", "value": "data_source"}});
        let title = |source: &Value| source["title"][0]["plain_text"].as_str().unwrap().to_owned();
        self.all("search", filter).await.iter().map(|source| (title(source), id(source))).collect()
    }

    /// All rows of the data source with this title.
    async fn rows(&self, title: &str, body: Value) -> Vec<Value> {
        let id = self.sources().await[title].clone();
        self.all(&format!("data_sources/{id}/query"), body).await
    }
}

fn id(object: &Value) -> String {
    object["id"].as_str().unwrap().to_owned()
}

fn ids(objects: &[Value]) -> Vec<String> {
    objects.iter().map(id).collect()
}

#[tokio::test]
async fn every_response_has_a_request_id_in_its_header_and_its_body() {
    let integration = Integration::connected().await;
    for path in ["users/me", "users", "pages/x", "nothing/here"] {
        let response = integration.get(path).await;
        let id = response.header("x-notion-request-id");
        assert_eq!((id.len(), &response.json()["request_id"]), (36, &json!(id)), "{path}");
    }
}

#[tokio::test]
async fn an_unknown_path_is_an_invalid_url() {
    let integration = Integration::connected().await;
    for (method, path) in [(Method::GET, "views"), (Method::DELETE, "users/me"), (Method::GET, "search")] {
        let response = integration.call(method, path, None).await;
        assert_eq!(
            (response.status.as_u16(), &response.json()["code"]),
            (400, &json!("invalid_request_url")),
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_integration_has_no_write_capability() {
    let integration = Integration::connected().await;
    let page = id(&integration.post("search", json!({})).await.json()["results"][0]);
    let database = id(&integration.all("search", json!({"query": "tasks"})).await[0]);
    for (method, path) in [
        (Method::POST, "pages".to_owned()),
        (Method::PATCH, format!("pages/{page}")),
        (Method::DELETE, format!("blocks/{page}")),
        (Method::PATCH, format!("blocks/{page}/children")),
        (Method::PATCH, format!("databases/{database}")),
        (Method::POST, "comments".to_owned()),
    ] {
        let response = integration.call(method, &path, Some(json!({}))).await;
        assert_eq!(
            (response.status.as_u16(), &response.json()["code"]),
            (403, &json!("restricted_resource")),
            "{path}"
        );
    }
}
