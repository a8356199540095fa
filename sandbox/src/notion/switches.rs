//! Behaviour that Notion does not document, each as a switch. Defaults are the readings that are hardest for a client.

use serde::{Deserialize, Serialize};

use super::version::Version;
use crate::grants::Rotation;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Switches {
    /// Lifetime of an access token; `null` for one that is valid until a refresh replaces it. Notion documents no
    /// lifetime.
    pub access_token_seconds: Option<u32>,
    /// Whether token responses have no refresh token, so that the user has to reconnect when access ends.
    pub refresh_token_null: bool,
    /// What a refresh does to both old tokens: `"dead"`, or the seconds for which they still work.
    pub old_pair_after_refresh: Rotation,
    pub same_user_reconnect: Reconnect,
    pub oauth_error_keys: ErrorKeys,
    /// The values of the header `Notion-Version` that are accepted.
    pub versions: Vec<Version>,
    /// For how many milliseconds after connecting search misses some objects.
    pub search_incomplete: u64,
    pub search_rows: SearchRows,
    /// Whether pages of results have fewer items than requested, and sometimes none, although there are more.
    pub short_pages: bool,
    /// Whether all rows of the largest data source have the same creation minute, so that time windows cannot split it.
    pub crowded_minute: bool,
}

/// What a second connection by the same user does to the first refresh token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reconnect {
    #[default]
    Kills,
    Keeps,
}

/// The keys of OAuth errors: RFC 6749's `error` according to Notion's guide, or `code` according to its specification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ErrorKeys {
    #[default]
    Both,
    Error,
    Code,
}

/// Which rows search returns besides pages and data sources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SearchRows {
    None,
    /// Every third row.
    #[default]
    Some,
    All,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            access_token_seconds: None,
            refresh_token_null: false,
            old_pair_after_refresh: Rotation::Dead,
            same_user_reconnect: Reconnect::Kills,
            oauth_error_keys: ErrorKeys::Both,
            versions: vec![Version::June2022, Version::September2025, Version::March2026],
            search_incomplete: 0,
            search_rows: SearchRows::Some,
            short_pages: false,
            crowded_minute: false,
        }
    }
}
