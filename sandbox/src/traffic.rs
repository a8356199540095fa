//! What happens to every request before a stand-in sees it: it is counted, delayed by the configured latency, and
//! possibly met by a fault.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, StatusCode, Uri, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::context::Context;

pub(crate) mod faults;
mod inject;
pub(crate) mod stats;

/// Rejects requests addressed to another host, which stops DNS rebinding: a page whose domain resolves to this machine
/// cannot reach the sandbox.
pub(crate) async fn local_only(request: Request, next: Next) -> Response {
    if is_addressed_to_this_machine(request.headers(), request.uri()) {
        return next.run(request).await;
    }
    (StatusCode::FORBIDDEN, "The sandbox answers only requests to localhost, 127.0.0.1 or [::1].\n").into_response()
}

fn is_addressed_to_this_machine(headers: &HeaderMap, uri: &Uri) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()?.parse().ok());
    let authority: Option<Authority> = host.or_else(|| uri.authority().cloned());
    authority.is_some_and(|authority| matches!(authority.host(), "localhost" | "127.0.0.1" | "[::1]"))
}

/// Counts the request, waits for the latency, and applies the first fault that matches.
pub(crate) async fn observe(State(context): State<Arc<Context>>, request: Request, next: Next) -> Response {
    let in_flight = context.stats.begin(label(&request));
    pause(context.settings().latency_ms).await;
    let rule = context.faults().matching(request.method(), request.uri().path(), context.clock.now());
    let Some(rule) = rule else {
        let response = next.run(request).await;
        in_flight.finish(response.status().as_str());
        return response;
    };
    pause(rule.slow_ms.unwrap_or_default()).await;
    let response = inject::inject(&rule, request, next).await;
    let status = response.status();
    in_flight.finish(if rule.kind.drops_connection() { "dropped" } else { status.as_str() });
    response
}

/// A name for the endpoint that is the same for all records: the method, the route and the object type.
fn label(request: &Request) -> String {
    let method = request.method();
    let Some(route) = request.extensions().get::<MatchedPath>() else {
        return format!("{method} (no such path)");
    };
    let parts = route.as_str().split('/').zip(request.uri().path().split('/'));
    let object_type = parts.into_iter().find_map(|(name, value)| (name == "{type}").then_some(value));
    object_type.map_or_else(
        || format!("{method} {}", route.as_str()),
        |object_type| format!("{method} {} {object_type}", route.as_str()),
    )
}

async fn pause(milliseconds: u64) {
    if milliseconds > 0 {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
}
