//! Every answer has a request id, in a header and, if it is JSON, at the top of its body as well.

use axum::{
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::Value;

use crate::reply;

/// An answer in JSON. It gets its body from [`identify`], which knows the id that goes into it.
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
    let id = new_request_id();
    if let Some(Reply { status, mut body, retry_after }) = response.extensions_mut().remove() {
        body["request_id"] = id.clone().into();
        response = reply::json(status, &body);
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-notion-request-id", id);
    }
    response
}

/// A UUID of version 4.
pub(crate) fn new_request_id() -> String {
    super::ids::uuid(rand::random())
}
