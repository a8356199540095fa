//! Behaviour that Airtable does not document, each as a switch. Defaults are the simplest readings of what is
//! documented.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Switches {
    /// Lifetime of an access token.
    pub access_token_seconds: u32,
    /// Lifetime of a refresh token that is not used.
    pub refresh_token_seconds: u32,
    pub double_refresh: DoubleRefresh,
    /// How long after a refresh a second use of the old refresh token is a conflict.
    pub conflict_seconds: u32,
    /// Whether a failed request uses up its code.
    pub code_burn_on_failure: bool,
    /// How long calls are rejected after the rate limit was exceeded.
    pub penalty_seconds: u32,
    /// Whether a call during the penalty restarts it.
    pub penalty_extends: bool,
    pub error_envelope_429: Envelope,
    /// How long the offset of a list can be unused before it becomes stale.
    pub iterator_lifetime_seconds: u32,
    pub bases_page_size: u32,
    /// The id or name of a table whose lists always return the same offset. No provider should do this; a client must
    /// not loop forever.
    pub repeat_offset: Option<String>,
    /// Makes the offset of each table stale once, after this many pages.
    pub stale_iterator_after: Option<u32>,
}

/// What a second use of a refresh token does: with `"conflict"`, it is a 409 for some seconds and `invalid_grant`
/// afterwards. With `{"revoke_after": 3}`, it is always `invalid_grant`, and the third one revokes the grant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub(crate) enum DoubleRefresh {
    #[default]
    Conflict,
    RevokeAfter(u32),
}

/// The format of a 429's body: Airtable documents `singular`; `plural` was observed.
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
        let uses = value.get("revoke_after").and_then(Value::as_u64).and_then(|uses| u32::try_from(uses).ok());
        match (value.as_str(), uses) {
            (Some("conflict"), _) => Ok(Self::Conflict),
            (_, Some(uses)) => Ok(Self::RevokeAfter(uses)),
            _ => Err("expected \"conflict\" or {\"revoke_after\": a number of uses}"),
        }
    }
}

impl From<DoubleRefresh> for Value {
    fn from(double_refresh: DoubleRefresh) -> Self {
        match double_refresh {
            DoubleRefresh::Conflict => "conflict".into(),
            DoubleRefresh::RevokeAfter(uses) => json!({"revoke_after": uses}),
        }
    }
}
