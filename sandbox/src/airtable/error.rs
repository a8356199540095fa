//! Airtable's errors: `{"error": {"type", "message"}}`, or the bare `{"error": "NOT_FOUND"}` for what does not exist.
//! Types, statuses and messages are those of <https://airtable.com/developers/web/api/errors> where it documents them.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::switches::Envelope;
use crate::reply;

#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    body: Value,
}

impl ApiError {
    fn new(status: StatusCode, kind: &str, message: &str) -> Self {
        Self { status, body: json!({"error": {"type": kind, "message": message}}) }
    }

    /// The same error for a missing, made-up, expired or rotated-out token.
    pub(crate) fn unauthenticated() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "AUTHENTICATION_REQUIRED", "Authentication required")
    }

    /// A base or table that does not exist, was not shared, or may not be read with these scopes. Airtable does not say
    /// which.
    pub(crate) fn no_such_model() -> Self {
        let message = "Invalid permissions, or the requested model was not found. Check that both your user and your token \
                       have the required permissions, and that the model names and/or ids are correct.";
        Self::new(StatusCode::FORBIDDEN, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", message)
    }

    pub(crate) fn not_permitted() -> Self {
        let message = "You are not permitted to perform this operation";
        Self::new(StatusCode::FORBIDDEN, "INVALID_PERMISSIONS", message)
    }

    /// The sandbox's own error: it has no writes, whatever was granted.
    pub(crate) fn read_only() -> Self {
        let message = "This sandbox is read-only";
        Self::new(StatusCode::FORBIDDEN, "INVALID_PERMISSIONS", message)
    }

    pub(crate) fn not_found() -> Self {
        Self { status: StatusCode::NOT_FOUND, body: json!({"error": "NOT_FOUND"}) }
    }

    pub(crate) fn bad_json() -> Self {
        let message = "Could not parse request body";
        Self::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST_BODY", message)
    }

    pub(crate) fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "REQUEST_TOO_LARGE", "The request is too large")
    }

    pub(crate) fn invalid_request() -> Self {
        let message = "Invalid request: parameter validation failed. Check your request data.";
        Self::unprocessable("INVALID_REQUEST_UNKNOWN", message)
    }

    pub(crate) fn unknown_field(name: &str) -> Self {
        Self::unprocessable("UNKNOWN_FIELD_NAME", &format!("Unknown field name: {name:?}"))
    }

    /// Text that looks like a view id is looked up as an id, and each kind of miss has a type of its own.
    pub(crate) fn unknown_view(name: &str) -> Self {
        let kind =
            if name.starts_with("viw") && name.len() == 17 { "VIEW_ID_NOT_FOUND" } else { "VIEW_NAME_NOT_FOUND" };
        Self::unprocessable(kind, &format!("View {name} not found"))
    }

    /// `reason` is a sentence or a list such as "Unknown field names: a, b".
    pub(crate) fn invalid_formula(reason: &str) -> Self {
        let message = format!("The formula for filtering records is invalid: {reason}");
        Self::unprocessable("INVALID_FILTER_BY_FORMULA", &message)
    }

    pub(crate) fn stale_iterator() -> Self {
        let message = "The list records iterator is no longer available. Start the list again without an offset.";
        Self::unprocessable("LIST_RECORDS_ITERATOR_NOT_AVAILABLE", message)
    }

    pub(crate) fn rate_limited(envelope: Envelope) -> Self {
        let (kind, message) = ("RATE_LIMIT_REACHED", "Rate limit exceeded. Please try again later");
        let status = StatusCode::TOO_MANY_REQUESTS;
        match envelope {
            Envelope::Singular => Self::new(status, kind, message),
            Envelope::Plural => Self { status, body: json!({"errors": [{"error": kind, "message": message}]}) },
        }
    }

    fn unprocessable(kind: &str, message: &str) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, kind, message)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        reply::json(self.status, &self.body)
    }
}

/// An error with this status, whatever its cause. `message` is for statuses that Airtable does not document.
pub(super) fn failure(status: StatusCode, message: &str) -> Response {
    let kind = match status.as_u16() {
        401 => return ApiError::unauthenticated().into_response(),
        403 => return ApiError::no_such_model().into_response(),
        404 => return ApiError::not_found().into_response(),
        422 => return ApiError::invalid_request().into_response(),
        429 => return ApiError::rate_limited(Envelope::Singular).into_response(),
        413 => "REQUEST_TOO_LARGE",
        502 | 503 => "RETRIABLE_ERROR",
        _ => "SERVER_ERROR",
    };
    let retriable = "Server encountered an error while processing your request, and it is safe to retry the request";
    ApiError::new(status, kind, if kind == "RETRIABLE_ERROR" { retriable } else { message }).into_response()
}
