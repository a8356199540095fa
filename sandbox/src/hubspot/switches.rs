//! Behaviour that HubSpot does not document, each as a switch. Defaults are what was observed, or else the simplest
//! reading.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{HUB_ID, Hubspot, error::ApiError};
use crate::grants::Rotation;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Switches {
    /// Lifetime of an access token.
    pub access_token_seconds: u32,
    pub rotate_refresh: Rotation,
    pub null_properties: NullProperties,
    /// How long search does not find records that a change of the settings added.
    pub search_lag_ms: u64,
    pub list_limit_over_100: OverLimit,
    /// Seconds in the `Retry-After` header of a 429. HubSpot sends none.
    pub retry_after_on_429: Option<u32>,
    /// `/oauth/v1/…` returns 410 from this moment on.
    pub version_sunset: Option<Timestamp>,
    pub introspect_field: IntrospectField,
    pub association_id_type: AssociationIdType,
    pub hub: Hub,
    /// The account of the user on the consent page. Existing grants are reported as belonging to it as well.
    pub hub_id: u32,
    /// Calls per day of all apps together. The default is what HubSpot grants a privately distributed app in its
    /// smallest plan.
    pub daily_limit: u64,
    /// Whether responses have headers about the daily limit. HubSpot omits them for apps that use OAuth.
    pub daily_headers: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NullProperties {
    #[default]
    Null,
    Absent,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OverLimit {
    #[default]
    Cap,
    Error,
}

/// Which form fields of an introspection may hold the token. HubSpot's specification says `token`; its documentation
/// page uses others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IntrospectField {
    #[default]
    Any,
    Spec,
}

/// The JSON type of an associated record's id: a number in HubSpot's documentation, a string in its specification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AssociationIdType {
    #[default]
    Number,
    String,
}

/// `gone`: the account was closed, or the app was uninstalled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Hub {
    #[default]
    Active,
    Gone,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            access_token_seconds: 1800,
            rotate_refresh: Rotation::Off,
            null_properties: NullProperties::Null,
            search_lag_ms: 0,
            list_limit_over_100: OverLimit::Cap,
            retry_after_on_429: None,
            version_sunset: None,
            introspect_field: IntrospectField::Any,
            association_id_type: AssociationIdType::Number,
            hub: Hub::Active,
            hub_id: HUB_ID,
            daily_limit: 250_000,
            daily_headers: false,
        }
    }
}

/// Returns 410 from the first version of OAuth's endpoints once its sunset is reached.
pub(crate) async fn sunset(State(hubspot): State<Arc<Hubspot>>, request: Request, next: Next) -> Response {
    let sunset = hubspot.switches.get().version_sunset;
    let is_past = sunset.is_some_and(|sunset| hubspot.context.clock.now() >= sunset);
    if is_past && request.uri().path().starts_with("/hubspot/oauth/v1/") {
        return ApiError::new(StatusCode::GONE, "This version of the API is no longer supported.").into_response();
    }
    next.run(request).await
}
