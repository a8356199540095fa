//! Notion's errors, with the codes and messages of its table of status codes
//! (developers.notion.com/reference/status-codes).

use std::borrow::Cow;

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{reply::Reply, switches::ErrorKeys};

#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: Cow<'static, str>,
    additional_data: Option<Value>,
    retry_after: Option<i64>,
    /// Set for OAuth errors, which have two possible formats.
    keys: Option<ErrorKeys>,
}

impl ApiError {
    fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, message: message.into(), additional_data: None, retry_after: None, keys: None }
    }

    /// 400 for a request that does not match its schema.
    pub(crate) fn validation(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "validation_error", message)
    }

    /// 400 for a field of the body: `body failed validation: body.page_size should be …, instead was …`.
    pub(crate) fn field(field: &str, should: &str, was: &Value) -> Self {
        Self::validation(format!("body failed validation: body.{field} should be {should}, instead was `{was}`."))
    }

    pub(crate) fn invalid_json() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_json", "Error parsing JSON body.")
    }

    pub(crate) fn invalid_url() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request_url", "Invalid request URL.")
    }

    pub(crate) fn missing_version() -> Self {
        let message = "Notion-Version header failed validation: Notion-Version header should be defined, instead was `undefined`.";
        Self::new(StatusCode::BAD_REQUEST, "missing_version", message)
    }

    pub(crate) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "API token is invalid.")
    }

    /// 403 for a call that needs a capability the integration was not given.
    pub(crate) fn restricted() -> Self {
        let message = "API token does not have access to this resource.";
        Self::new(StatusCode::FORBIDDEN, "restricted_resource", message)
    }

    /// 404 for what does not exist and for what was not shared. `kind` is `page`, `database` and so on.
    pub(crate) fn not_found(kind: &str, id: &str, integration: &str) -> Self {
        let message = format!(
            "Could not find {kind} with ID: {id}. Make sure the relevant pages and databases are shared with your integration \"{integration}\"."
        );
        Self::new(StatusCode::NOT_FOUND, "object_not_found", message)
    }

    /// 429 with the seconds until the window ends. `reason` says which limit was reached.
    pub(crate) fn rate_limited(reason: &'static str, seconds: i64) -> Self {
        let message = "You have been rate limited. Please try again in a few minutes.";
        let mut error = Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", message);
        error.retry_after = Some(seconds);
        error.with(json!({"rate_limit_reason": reason, "retry_after": seconds.to_string()}))
    }

    pub(crate) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_server_error", "Unexpected error occurred.")
    }

    /// An OAuth error: 401 for `invalid_client`, 400 for the others.
    pub(crate) fn oauth(keys: ErrorKeys, code: &'static str, message: &'static str) -> Self {
        let status = if code == "invalid_client" { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
        Self { keys: Some(keys), ..Self::new(status, code, message) }
    }

    pub(crate) fn with(mut self, additional_data: Value) -> Self {
        self.additional_data = Some(additional_data);
        self
    }

    pub(super) fn into_reply(self) -> Reply {
        Reply { status: self.status, body: self.body(), retry_after: self.retry_after }
    }

    fn body(&self) -> Value {
        let mut body =
            json!({"object": "error", "status": self.status.as_u16(), "code": self.code, "message": self.message});
        let both = [("error", self.code), ("error_description", self.message.as_ref())];
        match self.keys {
            None | Some(ErrorKeys::Code) => {}
            Some(ErrorKeys::Both) => both.into_iter().for_each(|(key, word)| body[key] = word.into()),
            Some(ErrorKeys::Error) => body = both.into_iter().collect(),
        }
        if let Some(data) = &self.additional_data {
            body["additional_data"] = data.clone();
        }
        body
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.into_reply().into_response()
    }
}

/// An error with this status, whatever its cause. `message` is for statuses that Notion does not document.
pub(super) fn for_status(status: StatusCode, message: &str) -> ApiError {
    let (code, message) = match status.as_u16() {
        401 => return ApiError::unauthorized(),
        403 => return ApiError::restricted(),
        429 => {
            let data = json!({"rate_limit_reason": "public_api_request_rate_limit"});
            return ApiError { retry_after: None, ..ApiError::rate_limited("", 0).with(data) };
        }
        500 => return ApiError::internal(),
        400 => ("validation_error", message),
        404 => ("object_not_found", message),
        409 => ("conflict_error", "Conflict occurred while saving. Please try again."),
        502 => ("bad_gateway", "Bad Gateway"),
        503 => ("service_unavailable", "Notion is unavailable, please try again later."),
        504 => ("gateway_timeout", "Gateway Timeout"),
        529 => ("service_overload", "Notion is overloaded, please try again later."),
        _ => ("internal_server_error", message),
    };
    ApiError::new(status, code, message.to_owned())
}
