//! Every response has a request id in a header, and JSON responses also have it in the body.

use axum::{
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::ids;
use crate::reply;

/// A JSON response. [`identify`] adds the request id to the body.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub status: StatusCode,
    pub body: Value,
    pub retry_after: Option<i64>,
}

impl Reply {
    pub(crate) fn ok(body: Value) -> Self {
        Self { status: StatusCode::OK, body, retry_after: None }
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

pub(crate) async fn identify(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    match response.extensions_mut().remove::<Reply>() {
        Some(reply) => identified(reply),
        None => with_header(response, &new_request_id()),
    }
}

/// The response with a new request id in its body and its header.
pub(super) fn identified(reply: Reply) -> Response {
    let Reply { status, mut body, retry_after } = reply;
    let id = new_request_id();
    body["request_id"] = id.as_str().into();
    let mut response = reply::json(status, &body);
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    with_header(response, &id)
}

fn with_header(mut response: Response, id: &str) -> Response {
    if let Ok(id) = HeaderValue::from_str(id) {
        response.headers_mut().insert("x-notion-request-id", id);
    }
    response
}

/// A version 4 UUID.
fn new_request_id() -> String {
    ids::uuid(rand::random())
}
