//! What every request to a stand-in passes: it is counted, held back by the latency, and perhaps met by a fault.

use std::{io, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::stream;

use super::{
    airtable,
    faults::{Kind, Rule},
    hubspot, notion, reply,
    world::World,
};

/// Refuses requests that name another host: a page from elsewhere whose name resolves to this machine gets nothing.
pub(crate) async fn local_only(request: Request, next: Next) -> Response {
    if names_this_machine(request.headers(), request.uri()) {
        return next.run(request).await;
    }
    (StatusCode::FORBIDDEN, "The sandbox answers only requests to localhost, 127.0.0.1 or [::1].\n").into_response()
}

fn names_this_machine(headers: &HeaderMap, uri: &Uri) -> bool {
    let named = headers.get(header::HOST).and_then(|host| host.to_str().ok()?.parse().ok());
    let authority: Option<Authority> = named.or_else(|| uri.authority().cloned());
    authority.is_some_and(|authority| matches!(authority.host(), "localhost" | "127.0.0.1" | "[::1]"))
}

pub(crate) async fn pass(State(world): State<Arc<World>>, request: Request, next: Next) -> Response {
    let in_flight = world.stats.begin(label(&request));
    pause(world.settings().latency_ms).await;
    let rule = world.faults().strike(request.method(), request.uri().path(), world.clock.now());
    let Some(rule) = rule else {
        let response = next.run(request).await;
        in_flight.finish(response.status().as_str());
        return response;
    };
    pause(rule.slow_ms.unwrap_or_default()).await;
    let response = faulty(&rule, request, next).await;
    let dropped = matches!(rule.kind, Kind::DropBefore | Kind::DropAfter);
    let status = response.status();
    in_flight.finish(if dropped { "dropped" } else { status.as_str() });
    response
}

/// A name for the endpoint that stays the same from record to record: the method, the route and the object type.
fn label(request: &Request) -> String {
    let method = request.method();
    let Some(route) = request.extensions().get::<MatchedPath>() else {
        return format!("{method} (no such path)");
    };
    let parts = route.as_str().split('/').zip(request.uri().path().split('/'));
    let subject = parts.into_iter().find_map(|(name, value)| (name == "{type}").then_some(value));
    subject.map_or_else(
        || format!("{method} {}", route.as_str()),
        |subject| format!("{method} {} {subject}", route.as_str()),
    )
}

async fn pause(milliseconds: u64) {
    if milliseconds > 0 {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
}

async fn faulty(rule: &Rule, request: Request, next: Next) -> Response {
    match rule.kind {
        Kind::Status => refusal(rule, request.uri().path()),
        Kind::DropBefore => hang_up(),
        Kind::Slow => next.run(request).await,
        Kind::DropAfter => {
            next.run(request).await;
            hang_up()
        }
        Kind::Truncate => cut(next.run(request).await).await,
        Kind::Malformed => garble(next.run(request).await).await,
    }
}

fn refusal(rule: &Rule, path: &str) -> Response {
    let status = rule.status.and_then(|code| StatusCode::from_u16(code).ok()).unwrap_or(StatusCode::BAD_GATEWAY);
    let message = status.canonical_reason().unwrap_or("An error the sandbox was told to make");
    // In the words of the provider whose path it is.
    let body = match path.split('/').nth(1) {
        Some("notion") => notion::failure(status, message),
        Some("airtable") => airtable::failure(status, message),
        _ => hubspot::failure(message),
    };
    let mut response = reply::json(status, &body);
    // Notion repeats the id of an answer in its headers.
    if let Some(id) = body["request_id"].as_str().and_then(|id| HeaderValue::from_str(id).ok()) {
        response.headers_mut().insert("x-notion-request-id", id);
    }
    if let Some(seconds) = rule.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// Closes the connection without an answer. hyper has the head in its buffer when the body fails, and closes without
/// flushing it, so that the client sees a connection that ends before the first byte.
fn hang_up() -> Response {
    Response::new(Body::from_stream(stream::once(async { Err::<Bytes, _>(on_purpose()) })))
}

/// Sends the first half of the body and closes the connection.
async fn cut(response: Response) -> Response {
    let (mut head, body) = response.into_parts();
    let whole = to_bytes(body, usize::MAX).await.unwrap_or_default();
    head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(whole.len()));
    let half = whole.slice(..whole.len() / 2);
    let pieces = stream::unfold(Some(half), |half| async move {
        match half {
            Some(half) if !half.is_empty() => Some((Ok(half), Some(Bytes::new()))),
            _ => {
                // Giving way once lets hyper flush the half before it learns of the end.
                tokio::task::yield_now().await;
                Some((Err(on_purpose()), None))
            }
        }
    });
    Response::from_parts(head, Body::from_stream(pieces))
}

/// Answers with half a body as if it were all.
async fn garble(response: Response) -> Response {
    let (mut head, body) = response.into_parts();
    let whole = to_bytes(body, usize::MAX).await.unwrap_or_default();
    head.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(head, Body::from([&whole[..whole.len() / 2], b"\0<!--"].concat()))
}

fn on_purpose() -> io::Error {
    io::Error::other("the sandbox was told to drop this connection")
}
