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
use serde_json::Value;

use super::{Hubspot, refusal::Refusal};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Switches {
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
}

/// What a refresh does to the refresh token: `"off"`, `"dead"`, or the seconds for which the old one still works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub(crate) enum Rotation {
    /// The same refresh token comes back.
    #[default]
    Off,
    /// A new one comes back and the old one is dead at once.
    Dead,
    Grace {
        seconds: u32,
    },
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

impl TryFrom<Value> for Rotation {
    type Error = &'static str;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        match (value.as_str(), value.as_u64().map(u32::try_from)) {
            (Some("off"), _) => Ok(Self::Off),
            (Some("dead"), _) => Ok(Self::Dead),
            (_, Some(Ok(seconds))) => Ok(Self::Grace { seconds }),
            _ => Err("expected \"off\", \"dead\" or a number of seconds"),
        }
    }
}

impl From<Rotation> for Value {
    fn from(rotation: Rotation) -> Self {
        match rotation {
            Rotation::Off => "off".into(),
            Rotation::Dead => "dead".into(),
            Rotation::Grace { seconds } => seconds.into(),
        }
    }
}

/// Answers 410 at the first version of OAuth once its time has come.
pub(crate) async fn sunset(State(hubspot): State<Arc<Hubspot>>, request: Request, next: Next) -> Response {
    let sunset = hubspot.world.settings().hubspot.version_sunset;
    let is_over = sunset.is_some_and(|sunset| hubspot.world.clock.now() >= sunset);
    if is_over && request.uri().path().starts_with("/hubspot/oauth/v1/") {
        return Refusal::new(StatusCode::GONE, "This version of the API is no longer supported.").into_response();
    }
    next.run(request).await
}
