//! Applies a fault to a request.

use std::io;

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};
use futures::stream;
use serde_json::{Value, json};

use super::faults::{Kind, Rule};
use crate::{reply, stand_in};

pub(super) async fn inject(rule: &Rule, request: Request, next: Next) -> Response {
    match rule.kind {
        Kind::Status => error(rule, request.uri().path()),
        Kind::DropBefore => drop_connection(),
        Kind::Slow => next.run(request).await,
        Kind::DropAfter => {
            next.run(request).await;
            drop_connection()
        }
        Kind::Truncate => truncate(next.run(request).await).await,
        Kind::Malformed => garble(next.run(request).await).await,
        Kind::OddRecord => spoil(next.run(request).await, rule).await,
        Kind::WrongShape => {
            next.run(request).await;
            reply::json(StatusCode::OK, &json!({}))
        }
    }
}

/// An error in the format of the provider that the path belongs to, or the sandbox's own if it belongs to none.
fn error(rule: &Rule, path: &str) -> Response {
    let status = rule.status.and_then(|code| StatusCode::from_u16(code).ok()).unwrap_or(StatusCode::BAD_GATEWAY);
    let message = status.canonical_reason().unwrap_or("An error that the sandbox was told to return");
    let mut response = match stand_in::serving(path) {
        Some(stand_in) => (stand_in.failure)(status, message),
        None => reply::json(status, &json!({"message": message})),
    };
    if let Some(seconds) = rule.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// Closes the connection without a response. hyper has the head in its buffer when the body fails, and closes without
/// flushing it, so the client sees a connection that ends before the first byte.
fn drop_connection() -> Response {
    Response::new(Body::from_stream(stream::once(async { Err::<Bytes, _>(on_purpose()) })))
}

/// Sends the first half of the body and closes the connection.
async fn truncate(response: Response) -> Response {
    let (mut head, body) = response.into_parts();
    let whole = to_bytes(body, usize::MAX).await.unwrap_or_default();
    head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(whole.len()));
    let half = whole.slice(..whole.len() / 2);
    let chunks = stream::unfold(Some(half), |half| async move {
        match half {
            Some(half) if !half.is_empty() => Some((Ok(half), Some(Bytes::new()))),
            _ => {
                // Yielding once lets hyper flush the half before it sees the error.
                tokio::task::yield_now().await;
                Some((Err(on_purpose()), None))
            }
        }
    });
    Response::from_parts(head, Body::from_stream(chunks))
}

/// Sends a complete response whose body is not JSON.
async fn garble(response: Response) -> Response {
    let (mut head, body) = response.into_parts();
    let whole = to_bytes(body, usize::MAX).await.unwrap_or_default();
    head.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(head, Body::from([&whole[..whole.len() / 2], b"\0<!--"].concat()))
}

/// Replaces fields of the first record of the list in the response, whatever the list is called, or of the response itself
/// if it has no such list.
async fn spoil(response: Response, rule: &Rule) -> Response {
    let (mut head, body) = response.into_parts();
    let whole = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let mut value: Value = serde_json::from_slice(&whole).unwrap_or_default();
    let fields = rule.record.clone().unwrap_or_default();
    if let Some(object) = value.as_object_mut() {
        let mut lists = object.values_mut().filter_map(Value::as_array_mut);
        match lists.find_map(|list| list.iter_mut().find_map(Value::as_object_mut)) {
            Some(record) => record.extend(fields),
            None => object.extend(fields),
        }
    }
    if let Some(status) = rule.status.and_then(|code| StatusCode::from_u16(code).ok()) {
        head.status = status;
    }
    head.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(head, Body::from(value.to_string()))
}

fn on_purpose() -> io::Error {
    io::Error::other("the sandbox was told to drop this connection")
}
