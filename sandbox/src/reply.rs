//! Small pieces of HTTP that several parts of the sandbox answer with.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// A JSON answer, compact, with the content type HubSpot writes.
pub(crate) fn json<T: Serialize>(status: StatusCode, value: &T) -> Response {
    let body = serde_json::to_vec(value).unwrap_or_default();
    let kind = HeaderValue::from_static("application/json;charset=utf-8");
    (status, [(header::CONTENT_TYPE, kind)], Body::from(body)).into_response()
}
