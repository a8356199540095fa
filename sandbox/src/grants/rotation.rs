//! What a refresh does to the refresh token that was used.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// In the settings: `"off"`, `"dead"`, or the number of seconds for which the old token still works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub(crate) enum Rotation {
    /// The same refresh token is returned.
    #[default]
    Off,
    /// A new refresh token is returned, and the old one stops working at once.
    Dead,
    /// A new refresh token is returned, and the old one works for some seconds more.
    Grace { seconds: u32 },
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
