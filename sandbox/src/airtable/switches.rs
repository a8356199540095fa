//! Airtable's undocumented behaviours, each a switch. The defaults are the simplest reading of what is documented.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Switches {
    /// How long an access token lives.
    pub access_token_seconds: u32,
    /// How long a refresh token lives when it is not used.
    pub refresh_token_seconds: u32,
    pub double_refresh: DoubleRefresh,
    /// How long after a refresh its old token is answered with a conflict.
    pub conflict_seconds: u32,
    /// Whether a code is used up by a request that fails.
    pub code_burn_on_failure: bool,
    /// How long everything is refused after too many calls.
    pub penalty_seconds: u32,
    /// Whether a call during the penalty makes it begin anew.
    pub penalty_extends: bool,
    pub error_envelope_429: Envelope,
    /// How long the offset of a list may lie idle.
    pub iterator_lifetime_seconds: u32,
    pub bases_page_size: u32,
    /// The id or name of a table whose lists answer with the same offset for ever. No provider should; clients must not loop.
    pub repeat_offset: Option<String>,
    /// Each table's offset goes stale once, after so many pages.
    pub stale_iterator_after: Option<u32>,
}

/// What the second use of a refresh token meets: `"conflict"`, a 409 for some seconds and `invalid_grant` after them, or
/// `{"revoke_after": 3}`, always `invalid_grant`, and the end of the whole grant with the third such try.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub(crate) enum DoubleRefresh {
    #[default]
    Conflict,
    RevokeAfter(u32),
}

/// The shape of a 429's body: Airtable documents the first, and the second was seen in the wild.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Envelope {
    #[default]
    Singular,
    Plural,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            access_token_seconds: 3600,
            refresh_token_seconds: 60 * 24 * 3600,
            double_refresh: DoubleRefresh::Conflict,
            conflict_seconds: 5,
            code_burn_on_failure: true,
            penalty_seconds: 30,
            penalty_extends: false,
            error_envelope_429: Envelope::Singular,
            iterator_lifetime_seconds: 600,
            bases_page_size: 1000,
            repeat_offset: None,
            stale_iterator_after: None,
        }
    }
}

impl TryFrom<Value> for DoubleRefresh {
    type Error = &'static str;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        let tries = value.get("revoke_after").and_then(Value::as_u64).and_then(|tries| u32::try_from(tries).ok());
        match (value.as_str(), tries) {
            (Some("conflict"), _) => Ok(Self::Conflict),
            (_, Some(tries)) => Ok(Self::RevokeAfter(tries)),
            _ => Err("expected \"conflict\" or {\"revoke_after\": a number of tries}"),
        }
    }
}

impl From<DoubleRefresh> for Value {
    fn from(double_refresh: DoubleRefresh) -> Self {
        match double_refresh {
            DoubleRefresh::Conflict => "conflict".into(),
            DoubleRefresh::RevokeAfter(tries) => json!({"revoke_after": tries}),
        }
    }
}
