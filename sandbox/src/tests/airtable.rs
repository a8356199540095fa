//! Airtable's stand-in as its clients see it.

use std::{collections::BTreeMap, ops::Deref};

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::{Url, form_urlencoded};

use super::{Response, Sandbox};

mod cells;
mod consent;
mod filters;
mod limits;
mod lists;
mod meta;
mod parameters;
mod permissions;
mod refresh;
mod switches;
mod tokens;

const SCOPES: &str = "data.records:read schema.bases:read data.recordComments:read user.email:read";
const VERIFIER: &str = "a-verifier.of_forty-three-characters-or-more-1234";
const STATE: &str = "a-state.of_sixteen-or-more";
const REDIRECT: &str = "http://localhost:8000/back";
const TOKEN: &str = "/airtable/oauth2/v1/token";

/// More pages than any list in these tests has, so that an endless list fails.
const MOST_PAGES: usize = 100;

/// A sandbox and a client of its Airtable, an integration called `app`.
struct Airtable(Sandbox);

impl Deref for Airtable {
    type Target = Sandbox;

    fn deref(&self) -> &Sandbox {
        &self.0
    }
}

impl Airtable {
    fn new() -> Self {
        Self(Sandbox::new(1))
    }

    /// With a grant for all bases and without rate limits.
    async fn connected(scopes: &str) -> Self {
        let mut airtable = Self::new();
        airtable.configure(json!({"limits": false})).await;
        let code = airtable.code(scopes).await;
        let tokens = airtable.exchange(&code).await.json();
        airtable.0.keep(&tokens);
        airtable
    }

    /// The URL of the consent page with some parameters changed. An empty value removes a parameter.
    fn consent(&self, changes: &[(&str, &str)]) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let mut parameters = BTreeMap::from([
            ("client_id", "app"),
            ("redirect_uri", REDIRECT),
            ("response_type", "code"),
            ("scope", SCOPES),
            ("state", STATE),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        parameters.extend(changes.iter().copied());
        parameters.retain(|_, value| !value.is_empty());
        format!("/airtable/oauth2/v1/authorize?{}", form(&parameters.into_iter().collect::<Vec<_>>()))
    }

    /// The redirect after the form is posted.
    async fn answered(&self, changes: &[(&str, &str)], fields: &str) -> AppRedirect {
        let response = self.form(&self.consent(changes), fields).await;
        assert_eq!(response.status, StatusCode::SEE_OTHER, "{}", response.body);
        AppRedirect::of(&response)
    }

    async fn code(&self, scopes: &str) -> String {
        self.answered(&[("scope", scopes)], "decision=approve").await.get("code").to_owned()
    }

    /// A request to the token endpoint, with HTTP Basic if there are credentials.
    async fn token(&self, credentials: Option<&str>, fields: &[(&str, &str)]) -> Response {
        self.token_with(credentials.map(|pair| format!("Basic {}", STANDARD.encode(pair))), &form(fields)).await
    }

    async fn token_with(&self, authorization: Option<String>, body: &str) -> Response {
        let mut request = Request::post(TOKEN).header(header::HOST, "localhost:8001");
        if let Some(authorization) = authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.run(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    async fn exchange(&self, code: &str) -> Response {
        self.token(Some("app:secret"), &exchange(code)).await
    }

    async fn refresh(&self, refresh_token: &str) -> Response {
        self.token(Some("app:secret"), &[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
    }

    /// The id of a base by its name.
    async fn base(&self, name: &str) -> String {
        let bases = self.get("/airtable/v0/meta/bases").await.json();
        let found = bases["bases"].as_array().unwrap().iter().find(|base| base["name"] == name);
        found.unwrap_or_else(|| panic!("no {name} in {bases}"))["id"].as_str().unwrap().to_owned()
    }

    /// The path of a table of the base "Studio CRM".
    async fn studio(&self, table: &str) -> String {
        format!("/airtable/v0/{}/{table}", self.base("Studio CRM").await)
    }

    async fn list(&self, path: &str, parameters: &[(&str, &str)]) -> Response {
        self.get(&format!("{path}?{}", form(parameters))).await
    }

    /// All records of all pages.
    async fn all(&self, path: &str, parameters: &[(&str, &str)]) -> Vec<Value> {
        let (mut records, mut offset) = (Vec::new(), None);
        for _ in 0..MOST_PAGES {
            let with_offset: Vec<_> =
                parameters.iter().copied().chain(offset.as_deref().map(|offset| ("offset", offset))).collect();
            let page = ok(self.list(path, &with_offset).await);
            records.extend(page["records"].as_array().unwrap().iter().cloned());
            match page["offset"].as_str() {
                Some(next) => offset = Some(next.to_owned()),
                None => return records,
            }
        }
        panic!("{path} has no last page");
    }
}

/// A redirect back to the app, parsed.
struct AppRedirect {
    url: Url,
}

impl AppRedirect {
    fn of(response: &Response) -> Self {
        Self { url: response.header("location").parse().unwrap() }
    }

    fn get(&self, name: &str) -> &str {
        let query = self.url.query().unwrap_or_default();
        let pair = query.split('&').find_map(|pair| pair.split_once('=').filter(|(known, _)| *known == name));
        pair.map(|(_, value)| value).unwrap_or_default()
    }

    fn text(&self, name: &str) -> String {
        let pair = self.url.query_pairs().find(|(known, _)| known == name);
        pair.map(|(_, value)| value.into_owned()).unwrap_or_default()
    }
}

fn exchange(code: &str) -> [(&'static str, &str); 4] {
    [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", REDIRECT), ("code_verifier", VERIFIER)]
}

fn form(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn ok(response: Response) -> Value {
    assert_eq!(response.status, StatusCode::OK, "{}", response.body);
    response.json()
}

/// The status and type of an API error.
fn error(response: &Response) -> (u16, String) {
    let kind = response.json().pointer("/error/type").and_then(Value::as_str).unwrap_or_default().to_owned();
    (response.status.as_u16(), kind)
}

/// The status and the error code of a token endpoint error.
fn oauth_error(response: &Response) -> (u16, String) {
    assert!(response.json()["error_description"].is_string(), "{}", response.body);
    (response.status.as_u16(), response.json()["error"].as_str().unwrap().to_owned())
}

fn ids(records: &[Value]) -> Vec<&str> {
    records.iter().map(|record| record["id"].as_str().unwrap()).collect()
}
