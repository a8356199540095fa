//! The stand-in of Example, a made-up provider, under `/example`: OAuth with rotation, and 250 invoices in pages of 100.
//!
//! It exists for tests, and to show what a further stand-in takes: this module and one line in [`crate::stand_in::ALL`].

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Form, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use crate::{
    context::Context,
    grants::{Code, Grants, InvalidToken, Prefixes, Refresh, Rotation},
    records::Records,
    reply::{self, html},
    stand_in::{Running, StandIn, Switchboard},
};

pub(crate) const STAND_IN: StandIn = StandIn { slug: "example", name: "Example", records: &[], start, failure, holds };

const PREFIXES: Prefixes = Prefixes { code: "gc_", access: "ga_", refresh: "gr_" };
const INVOICES: u64 = 250;
const PAGE_SIZE: u64 = 100;
const STYLE: &str = "body { font: 1rem/1.5 system-ui, sans-serif; max-width: 30rem; margin: 4rem auto }";

struct Example {
    context: Arc<Context>,
    grants: Arc<Grants>,
    switches: Arc<Switchboard<Switches>>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Switches {
    access_token_seconds: u32,
}

impl Default for Switches {
    fn default() -> Self {
        Self { access_token_seconds: 3600 }
    }
}

fn start(context: Arc<Context>) -> Running {
    let grants = Arc::new(Grants::new(STAND_IN.slug, &PREFIXES, context.seed));
    let switches = Arc::default();
    let example = Arc::new(Example { context, grants: Arc::clone(&grants), switches: Arc::clone(&switches) });
    let routes = Router::new()
        .route("/example/oauth/authorize", get(ask).post(decide))
        .route("/example/oauth/token", post(token))
        .route("/example/v1/me", get(me))
        .route("/example/v1/invoices", get(invoices))
        .with_state(example);
    Running { stand_in: &STAND_IN, routes, grants, switches, reset: Box::new(|| ()) }
}

fn failure(status: StatusCode, message: &str) -> Response {
    reply::json(status, &json!({"fault": {"status": status.as_u16(), "message": message}}))
}

fn holds(_: &Records) -> BTreeMap<&'static str, u64> {
    BTreeMap::from([("invoice", INVOICES)])
}

#[derive(Deserialize)]
struct AuthorizationRequest {
    client_id: String,
    redirect_uri: Url,
    scope: String,
    state: String,
    code_challenge: Option<String>,
}

#[derive(Deserialize)]
struct Decision {
    decision: String,
}

async fn ask(Query(request): Query<AuthorizationRequest>) -> Response {
    let content = "<form method=post><button name=decision value=approve>Allow</button> \
                   <button name=decision value=deny>Deny</button></form>";
    let page = html::document(STAND_IN.name, STYLE, "Connect an app", content);
    html::response(StatusCode::OK, page, STYLE, Some(&request.redirect_uri))
}

async fn decide(
    State(example): State<Arc<Example>>,
    Query(request): Query<AuthorizationRequest>,
    Form(form): Form<Decision>,
) -> Response {
    let mut target = request.redirect_uri.clone();
    let (name, value) = if form.decision == "approve" {
        let code = Code {
            client_id: request.client_id,
            redirect_uri: request.redirect_uri.into(),
            scopes: request.scope.split_whitespace().map(str::to_owned).collect(),
            challenge: request.code_challenge,
            resources: (),
            issued: example.context.clock.now(),
            nonce: rand::random(),
        };
        ("code", example.grants.sign_code(&code))
    } else {
        ("error", "access_denied".to_owned())
    };
    target.query_pairs_mut().append_pair(name, &value).append_pair("state", &request.state);
    Redirect::to(target.as_str()).into_response()
}

#[derive(Deserialize)]
struct TokenRequest {
    code: Option<String>,
    code_verifier: Option<String>,
    refresh_token: Option<String>,
}

async fn token(State(example): State<Arc<Example>>, Form(request): Form<TokenRequest>) -> Response {
    let refresh = match (&request.code, &request.refresh_token) {
        (Some(code), _) => example.exchange(code, request.code_verifier.as_deref()),
        (None, Some(used)) => example.refresh(used),
        (None, None) => None,
    };
    match refresh {
        Some(refresh) => example.token_response(&refresh),
        None => reply::json(StatusCode::BAD_REQUEST, &json!({"error": "invalid_grant"})),
    }
}

impl Example {
    fn exchange(&self, code: &str, verifier: Option<&str>) -> Option<Refresh<()>> {
        let now = self.context.clock.now();
        let code = self.grants.redeem_code::<()>(code, now).filter(|code| code.is_verified(verifier))?;
        self.grants.counters.exchanges.increment();
        Some(code.first_refresh(now))
    }

    fn refresh(&self, used: &str) -> Option<Refresh<()>> {
        let now = self.context.clock.now();
        match self.grants.refresh(used, Rotation::Dead, now) {
            Ok(used) => {
                self.grants.counters.refreshes.increment();
                Some(self.grants.rotate(&used, Rotation::Dead, now))
            }
            Err(InvalidToken::Reused) => {
                self.grants.counters.reused_tokens.increment();
                None
            }
            Err(InvalidToken::Unknown) => None,
        }
    }

    fn token_response(&self, refresh: &Refresh<()>) -> Response {
        let now = self.context.clock.now();
        let expires_in = self.switches.get().access_token_seconds;
        let expires = now.saturating_add(SignedDuration::from_secs(expires_in.into())).unwrap_or(Timestamp::MAX);
        let body = json!({
            "access_token": self.grants.sign_access(&refresh.access(now, expires)),
            "refresh_token": self.grants.sign_refresh(refresh),
            "token_type": "bearer", "expires_in": expires_in, "scope": refresh.scopes.join(" "),
        });
        reply::json(StatusCode::OK, &body)
    }

    fn is_authenticated(&self, headers: &HeaderMap) -> bool {
        let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let Some(access) = bearer.and_then(|token| self.grants.access::<()>(token)) else { return false };
        let now = self.context.clock.now();
        access.expires > now && !self.grants.is_rotated_out(access.family, access.generation, Rotation::Dead, now)
    }
}

async fn me(State(example): State<Arc<Example>>, headers: HeaderMap) -> Response {
    if !example.is_authenticated(&headers) {
        return failure(StatusCode::UNAUTHORIZED, "The access token is invalid or expired.");
    }
    reply::json(StatusCode::OK, &json!({"id": "7", "company": "Mill & Sons"}))
}

#[derive(Deserialize)]
struct Page {
    /// The index of the first invoice.
    #[serde(default)]
    cursor: u64,
}

async fn invoices(State(example): State<Arc<Example>>, headers: HeaderMap, Query(page): Query<Page>) -> Response {
    if !example.is_authenticated(&headers) {
        return failure(StatusCode::UNAUTHORIZED, "The access token is invalid or expired.");
    }
    let start = page.cursor.min(INVOICES);
    let end = (start + PAGE_SIZE).min(INVOICES);
    let invoice =
        |id| json!({"id": format!("inv{id}"), "number": format!("2026-{id:04}"), "issued_at": "2026-01-02T03:04:05Z"});
    let next = (end < INVOICES).then(|| end.to_string());
    reply::json(StatusCode::OK, &json!({"invoices": (start..end).map(invoice).collect::<Vec<_>>(), "next": next}))
}
