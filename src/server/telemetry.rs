//! Logs: structured, one line for each event, readable on a terminal and JSON otherwise. Never a secret, an authorization
//! code or a state: a request is identified by its route and its id, not by its address.

use std::io::IsTerminal;

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use http::{HeaderName, HeaderValue};
use tracing::{Instrument, field};
use tracing_subscriber::EnvFilter;

use super::client_address::ClientAddress;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Starts to log on standard error, filtered by `RUST_LOG`.
///
/// # Errors
///
/// Fails when `RUST_LOG` is not a log filter.
pub fn start() -> anyhow::Result<()> {
    let chosen = std::env::var("RUST_LOG").ok().filter(|value| !value.trim().is_empty());
    let chosen = chosen.unwrap_or_else(|| "info".to_owned());
    let filter = EnvFilter::try_new(&chosen).map_err(|error| {
        anyhow::anyhow!("RUST_LOG is {chosen:?}, which can't be read ({error}). Set it to a level such as info, or to tributary=debug,info.")
    })?;
    // Its trace lines contain the full addresses of requests, and so one-time secrets.
    let filter = filter.add_directive("tower_http::csrf=info".parse()?);
    // A log that can't be written, because the disk is full or its reader is gone, ends nothing. Reporting that on standard
    // error, as is the default, would panic.
    let lines =
        tracing_subscriber::fmt().with_env_filter(filter).log_internal_errors(false).with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        lines.compact().with_target(false).init();
    } else {
        lines.json().flatten_event(true).with_current_span(true).with_span_list(false).init();
    }
    // A panic becomes a log line like any other, with the id of its request.
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.payload_as_str().unwrap_or("no message");
        let location = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(panic = message, location, "panicked");
    }));
    Ok(())
}

/// Gives each request an id, which every log line and the response carry: the caller's own if it is plain, otherwise a
/// random one.
pub async fn in_request_span(request: Request, next: Next) -> Response {
    let own = request.headers().get(&REQUEST_ID).filter(|id| is_plain(id)).cloned();
    let id = own.or_else(|| HeaderValue::try_from(format!("{:032x}", rand::random::<u128>())).ok());
    let id = id.unwrap_or_else(|| HeaderValue::from_static("unknown"));
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str).to_owned();
    let client = request.extensions().get::<ClientAddress>().map(field::display);
    let span =
        tracing::info_span!("request", id = id.to_str().unwrap_or_default(), method = %request.method(), route, client);
    async {
        let mut response = next.run(request).await;
        tracing::debug!(status = response.status().as_u16(), "responded");
        response.headers_mut().insert(REQUEST_ID, id);
        response
    }
    .instrument(span)
    .await
}

fn is_plain(id: &HeaderValue) -> bool {
    id.len() <= 64 && id.as_bytes().iter().all(|&byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}
