//! The server: everything that never reaches the browser.
//!
//! Three operations run through it: a person connects (`connect`), a load runs (`load`), a token is needed (`tokens`).

pub mod config;
pub mod data_dir;
pub mod keys;
pub mod serve;

pub mod access;
pub mod connect;
pub mod load;
pub mod rest;
pub mod tokens;

pub mod providers;

pub mod store;

mod actor;
pub mod audit;
mod bounded;
pub mod cards;
pub mod details;
mod failpoint;
mod failure;
mod health;
mod notice;
mod page;
mod random;
mod record;
mod site;
pub mod telemetry;
pub mod trail;

use std::{any::Any, sync::Arc};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    handler::Handler,
    middleware,
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use leptos::prelude::provide_context;
use tower_http::{
    catch_panic::CatchPanicLayer, compression::CompressionLayer, csrf::CsrfLayer, limit::RequestBodyLimitLayer,
};

use crate::model::{AppError, ErrorCode};
use config::Config;
use load::Paces;
use providers::Retries;
use store::Store;
use tokens::Tokens;
use trail::Trail;

/// The largest request body in bytes. The longest ids in their longest encoding fit.
const LARGEST_BODY: usize = 16 << 10;

/// The time, so that tests can set it.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What every request needs. It holds no state of its own beside connections to others and what keeps them in order:
/// any process may answer any request.
#[derive(Clone)]
pub struct AppState {
    /// What the operator chose.
    pub config: Arc<Config>,
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// The one HTTP client.
    pub http: reqwest::Client,
    /// The grants.
    pub tokens: Tokens,
    /// The audit trails.
    pub trail: Arc<Trail>,
    /// The quotas of accounts that are being read.
    pub paces: Arc<Paces>,
    /// How failing requests to providers are met.
    pub retries: Retries,
    /// The time.
    pub clock: Clock,
}

impl AppState {
    /// A state on this store, with this clock (`Timestamp::now` outside tests).
    pub fn new(config: Config, store: Arc<dyn Store>, clock: Clock) -> anyhow::Result<Self> {
        set_up_process();
        // A redirect could carry a bearer to a host that is not the provider's.
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(std::time::Duration::from_secs(10))
            .user_agent(concat!("tributary/", env!("CARGO_PKG_VERSION")));
        // The sandbox is on this machine: no proxy of the environment may come between.
        let sandboxed = config.providers.iter().all(|provider| provider.sandbox);
        let http = if sandboxed { http.no_proxy() } else { http }.build()?;
        let config = Arc::new(config);
        let trail = Arc::new(Trail::new(store.clone(), clock.clone()));
        let tokens = Tokens::new(config.clone(), store.clone(), http.clone(), clock.clone(), trail.clone());
        Ok(Self { config, store, http, tokens, trail, paces: Arc::default(), retries: Retries::default(), clock })
    }
}

/// What a process has one of: the TLS implementation, and where Leptos runs its tasks. Every call but the first finds
/// them there and does nothing.
fn set_up_process() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let _ = any_spawner::Executor::init_tokio();
}

/// The whole server as a function of its state.
pub fn router(state: AppState) -> Router {
    let signed_in = middleware::from_fn_with_state(state.clone(), access::require_signed_in);
    Router::new()
        .route("/", get(page::home))
        .route("/sign-in/{secret}", get(access::sign_in).head(refuse_head))
        .route("/sign-in-links", post(access::make_sign_in_link))
        .route("/sign-out", post(access::sign_out))
        .route("/connect/{what}", get(connect::set_out).head(refuse_head))
        .route("/disconnect", post(connect::disconnect_form))
        .route("/connected/{provider}/{outcome}", get(connect::connected))
        .route("/choices/{secret}", get(connect::question).post(connect::answer))
        .route("/keys", get(keys::list_keys))
        .route("/keys/rotation", post(keys::rotate_keys))
        .route("/keys/{id}", delete(keys::abandon_key))
        .route("/connections/{provider}", get(details::page))
        .route("/audit", get(audit::page))
        .route("/audit.json", get(audit::entries))
        .nest("/integrations/{provider}", rest::routes())
        .route(
            "/api/{*function}",
            post(server_function.layer(RequestBodyLimitLayer::new(LARGEST_BODY)).layer(signed_in)),
        )
        .fallback(site::file)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(CsrfLayer::new().with_rejection_response(access::foreign_site))
        .layer(middleware::from_fn_with_state(state.clone(), access::refuse_foreign_hosts))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .layer(middleware::map_response(failure::in_our_words))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::map_response(access::security_headers))
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn(actor::in_request))
        .layer(middleware::from_fn(telemetry::in_request_span))
        .with_state(state)
}

/// What works once must not be used up by a program that only looks whether a link leads somewhere.
async fn refuse_head() -> StatusCode {
    StatusCode::METHOD_NOT_ALLOWED
}

async fn server_function(State(state): State<AppState>, mut request: Request) -> impl IntoResponse {
    // To what looks like a form, Leptos answers with a redirect to wherever the request says that it came from.
    request.headers_mut().remove(header::ACCEPT);
    leptos_axum::handle_server_fns_with_context(move || provide_context(state.clone()), request).await
}

/// A panic is a defect, and still an answer. `telemetry` has written what it was, under the request's id.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    AppError::internal().into_response()
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let mut response = (self.code.status(), axum::Json(&self)).into_response();
        let hint = match self.code {
            ErrorCode::StoreUnavailable => Some((header::RETRY_AFTER, "5")),
            ErrorCode::Unauthorized => Some((header::WWW_AUTHENTICATE, "Bearer")),
            _ => None,
        };
        if let Some((name, value)) = hint {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }
}
