//! The URL map and the middleware around it.

mod link_limit;
mod request_body;

use std::any::Any;

use axum::{
    Extension, Router,
    body::{Body, to_bytes},
    extract::{DefaultBodyLimit, MatchedPath, Request, State},
    handler::Handler,
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use http::{Method, StatusCode, header};
use leptos::prelude::provide_context;
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer, csrf::CsrfLayer};

use super::{
    AppState,
    access::{self, Caller},
    connect, error, rest, telemetry, views,
};
use crate::model::{AppError, ErrorCode};
use link_limit::LinkLimit;

/// The maximum size of a request body in bytes. The longest ids fit, however they are encoded.
const MAX_BODY: usize = 16 << 10;

/// The whole server as a function of its state.
pub fn router(state: AppState) -> Router {
    // Compared in place of the header `Host`, which may name the default port.
    let csrf = CsrfLayer::new().add_trusted_origin(state.config.public_url.origin().ascii_serialization());
    let csrf = csrf.expect("the public URL has an http or https origin");
    let signed_in = middleware::from_fn_with_state(state.clone(), access::require_caller);
    let links = Router::new()
        .route("/sign-in/{secret}", get(views::sign_in_view).post(views::sign_in))
        .route("/connect/{target}", get(connect::authorize_view).post(connect::authorize))
        .route("/integrations/{provider}/oauth2callback", get(connect::callback))
        .route_layer(middleware::from_fn_with_state(LinkLimit::new(&state), link_limit::limit_link_requests));
    Router::new()
        .merge(links)
        .route("/", get(views::home))
        .route("/sign-in-links", post(rest::create_sign_in_link))
        .route("/sign-out", post(views::sign_out))
        .route("/sign-out-everywhere", post(views::sign_out_everywhere))
        .route("/sessions", delete(rest::end_all_sessions))
        .route("/disconnect", post(connect::disconnect_form))
        .route("/connected/{provider}/{outcome}", get(connect::connected))
        .route("/account-choice/{secret}", get(connect::account_choice).post(connect::choose_account))
        .route("/connections/{provider}", get(views::connection))
        .route("/audit", get(views::audit))
        .route("/audit.json", get(rest::audit_entries))
        .route("/encryption-keys", get(rest::list_encryption_keys))
        .route("/encryption-keys/rotation", post(rest::rotate_encryption_keys))
        .route("/encryption-keys/{id}", delete(rest::abandon_encryption_key))
        .nest("/integrations/{provider}", rest::integrations())
        .route("/api/{*function}", post(server_function.layer(signed_in)))
        .fallback(views::asset)
        .layer(middleware::from_fn(refuse_head))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn_with_state(request_body::TIMEOUT, request_body::within))
        .layer(csrf.with_rejection_response(access::cross_site))
        .layer(middleware::from_fn_with_state(state.clone(), access::require_known_host))
        .route("/healthz", get(rest::healthz))
        .route("/readyz", get(rest::readyz))
        .layer(middleware::map_response(error::uniform_errors))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(state.clone(), access::security_headers))
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn(telemetry::in_request_span))
        .with_state(state)
}

/// Routes whose GET has an effect, with their methods. A HEAD request, which axum would answer by a GET, must have none.
const EFFECTIVE: [(&str, &str); 4] = [
    ("/connect/{target}", "GET, POST"),
    ("/integrations/{provider}/authorize", "GET, POST"),
    ("/integrations/{provider}/oauth2callback", "GET"),
    ("/integrations/{provider}/items", "GET"),
];

async fn refuse_head(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let methods = EFFECTIVE.iter().find(|(effective, _)| route == Some(effective));
    match methods {
        Some((_, methods)) if request.method() == Method::HEAD => {
            (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, *methods)]).into_response()
        }
        _ => next.run(request).await,
    }
}

async fn server_function(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response {
    // Read here, because Leptos answers a body that cannot be read as if the server had failed.
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return AppError::new(ErrorCode::TooLarge, error::TOO_LARGE).into_response();
    };
    let mut request = Request::from_parts(parts, Body::from(body));
    // Leptos would redirect what looks like a form to any `Referer`.
    request.headers_mut().remove(header::ACCEPT);
    let context = move || {
        provide_context(state.clone());
        provide_context(caller.clone());
    };
    leptos_axum::handle_server_fns_with_context(context, request).await.into_response()
}

/// The response after a panic, which `telemetry` has logged under the request's id.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    AppError::internal().into_response()
}
