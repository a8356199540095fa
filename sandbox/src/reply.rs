//! Responses that several stand-ins build in the same way: JSON here, HTML in [`html`].

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

pub(crate) mod html;

/// A compact JSON response with the content type that HubSpot sends.
pub(crate) fn json<T: Serialize>(status: StatusCode, value: &T) -> Response {
    let body = serde_json::to_vec(value).unwrap_or_default();
    let kind = HeaderValue::from_static("application/json;charset=utf-8");
    (status, [(header::CONTENT_TYPE, kind)], Body::from(body)).into_response()
}
