//! HubSpot's undocumented behaviours, each a switch. The defaults are what was observed, or else the simplest reading.

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
    /// How long an access token lives.
    pub access_token_seconds: u32,
    pub rotate_refresh: Rotation,
    pub null_properties: NullProperties,
    /// How long search does not see records that a change of the settings added.
    pub search_lag_ms: u64,
    pub list_limit_over_100: OverLimit,
    /// Seconds in a `Retry-After` header on 429; HubSpot sends none.
    pub retry_after_on_429: Option<u32>,
    /// From this moment on `/oauth/v1/…` is gone.
    pub version_sunset: Option<Timestamp>,
    pub introspect_field: IntrospectField,
    pub association_id_type: AssociationIdType,
    pub hub: Hub,
    /// Which account the person at the consent page has. Grants are not bound to it: each is said to be for this one.
    pub hub_id: u32,
    /// Calls of all apps in a day. HubSpot gives a privately distributed app's smallest account this many.
    pub daily_limit: u64,
    /// Whether answers tell of the daily limit. HubSpot's do, but not those to an app that came in by OAuth.
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

/// Which form fields name the token in an introspection: HubSpot's specification says `token`, its page says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IntrospectField {
    #[default]
    Any,
    Spec,
}

/// How an associated record's id is written: HubSpot's pages show a number, its specification says a string.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AssociationIdType {
    #[default]
    Number,
    String,
}

/// What became of the account: gone, it was closed, or the app was uninstalled from it.
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

/// Answers 410 at the first version of OAuth once its time has come.
pub(crate) async fn sunset(State(hubspot): State<Arc<Hubspot>>, request: Request, next: Next) -> Response {
    let sunset = hubspot.switches.get().version_sunset;
    let is_over = sunset.is_some_and(|sunset| hubspot.context.clock.now() >= sunset);
    if is_over && request.uri().path().starts_with("/hubspot/oauth/v1/") {
        return ApiError::new(StatusCode::GONE, "This version of the API is no longer supported.").into_response();
    }
    next.run(request).await
}
