//! HubSpot's errors. Their fields differ from API to API, and clients rely on different ones.

use std::{borrow::Cow, collections::BTreeMap};

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};

pub(crate) use self::correlation::correlate;
use self::envelope::{Context, Detail, Envelope};

mod correlation;
mod envelope;

/// An error response. [`correlate`] adds the body, which contains the response's correlation id.
#[derive(Clone, Debug)]
pub(crate) struct ApiError(Box<Envelope>);

impl ApiError {
    pub(crate) fn new(code: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        let (status, message) = ("error".into(), message.into());
        Self(Box::new(Envelope { code, status, message, ..Envelope::default() }))
    }

    /// 400 for a request that violates HubSpot's rules.
    pub(crate) fn validation(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message).category("VALIDATION_ERROR")
    }

    /// 400 for a body that is not the expected JSON.
    pub(crate) fn bad_json(error: &serde_json::Error) -> Self {
        let message = format!("Invalid input JSON on line {}, column {}: {error}", error.line(), error.column());
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "resource not found").category("OBJECT_NOT_FOUND")
    }

    /// 400 from an OAuth endpoint, with RFC 6749's error code and HubSpot's own status.
    pub(crate) fn oauth(error: &'static str, status: &'static str, message: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message).with(|envelope| {
            envelope.oauth_error = Some(error);
            envelope.oauth_description = Some(message);
            envelope.status = status.into();
        })
    }

    /// 403 for a call that needs a scope that was not granted.
    pub(crate) fn missing_scopes(scope: String) -> Self {
        let message = "This app hasn't been granted all required scopes to make this call. \
                       Read more about required scopes here: https://developers.hubspot.com/scopes.";
        let context = Context::from([("requiredGranularScopes", vec![scope])]);
        let detail = Detail { message: "One or more of the following scopes are required.", context };
        Self::new(StatusCode::FORBIDDEN, message).category("MISSING_SCOPES").with(|envelope| {
            envelope.errors.push(detail);
            envelope.links = BTreeMap::from([("scopes", "https://developers.hubspot.com/scopes")]);
        })
    }

    /// 429 for the ten-second limit.
    pub(crate) fn burst_limit(retry_after: Option<u32>) -> Self {
        Self::policy_limit("You have reached your ten_secondly_rolling limit.", "TEN_SECONDLY_ROLLING", retry_after)
    }

    /// 429 until midnight.
    pub(crate) fn daily_limit(retry_after: Option<u32>) -> Self {
        Self::policy_limit("You have reached your daily limit.", "DAILY", retry_after)
    }

    /// These errors have a policy name instead of a category.
    fn policy_limit(message: &'static str, policy: &'static str, retry_after: Option<u32>) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, message).with(|envelope| {
            envelope.error_type = Some("RATE_LIMIT");
            envelope.policy_name = Some(policy);
            envelope.request_id = Some(correlation::new_id());
            envelope.retry_after = retry_after;
        })
    }

    /// 429 of the search endpoints, as recorded from HubSpot.
    pub(crate) fn search_limit(retry_after: Option<u32>) -> Self {
        let error = Self::new(StatusCode::TOO_MANY_REQUESTS, "You have reached your secondly limit.");
        error.category("RATE_LIMITS").with(|envelope| envelope.retry_after = retry_after)
    }

    pub(crate) fn category(self, category: &'static str) -> Self {
        self.with(|envelope| envelope.category = Some(category))
    }

    pub(crate) fn context(self, name: &'static str, value: String) -> Self {
        self.with(|envelope| envelope.context = Context::from([(name, vec![value])]))
    }

    /// The first version of OAuth's endpoints has no RFC 6749 fields.
    pub(crate) fn without_oauth_fields(self) -> Self {
        self.with(|envelope| (envelope.oauth_error, envelope.oauth_description) = (None, None))
    }

    fn with(mut self, change: impl FnOnce(&mut Envelope)) -> Self {
        change(&mut self.0);
        self
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.0.code.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
