//! Every response has a correlation id in its headers, and an error repeats it in its body.

use axum::{
    extract::Request,
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};
use jiff::Timestamp;

use super::{ApiError, Envelope};
use crate::reply;

pub(crate) async fn correlate(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let id = new_id();
    if let Some(ApiError(envelope)) = response.extensions_mut().remove() {
        response = with_body(*envelope, id.clone(), response);
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-hubspot-correlation-id", id.clone());
        response.headers_mut().insert("x-request-id", id);
    }
    response
}

/// Adds the body and keeps the headers that were set before.
fn with_body(mut envelope: Envelope, id: String, response: Response) -> Response {
    envelope.correlation_id = id;
    let original = response;
    let mut response = reply::json(envelope.code, &envelope);
    for (name, value) in original.headers() {
        if name != header::CONTENT_LENGTH {
            response.headers_mut().insert(name, value.clone());
        }
    }
    if let Some(seconds) = envelope.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// A version 7 UUID, as HubSpot's recent ids are.
pub(crate) fn new_id() -> String {
    let milliseconds = Timestamp::now().as_millisecond().unsigned_abs() & 0xffff_ffff_ffff;
    let (high, low) = (rand::random::<u16>() & 0x0fff, rand::random::<u64>());
    let (variant, node) = (0x8000 | (low >> 48 & 0x3fff), low & 0xffff_ffff_ffff);
    format!("{:08x}-{:04x}-7{high:03x}-{variant:04x}-{node:012x}", milliseconds >> 16, milliseconds & 0xffff)
}
