//! Notion's undocumented behaviours, each a switch. The defaults are the readings that are hardest on a client.

use serde::{Deserialize, Serialize};

use super::version::Version;
use crate::grants::Rotation;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Switches {
    /// How long an access token lives; `null` for one that lives until a refresh replaces it. Notion tells no lifetime.
    pub access_token_seconds: Option<u32>,
    /// Whether tokens come without a refresh token, so that only connecting again helps.
    pub refresh_token_null: bool,
    /// What becomes of both old tokens when a refresh has made new ones: `"dead"`, or the seconds they live on.
    pub old_pair_after_refresh: Rotation,
    pub same_user_reconnect: Reconnect,
    pub oauth_error_keys: ErrorKeys,
    /// The values of the header `Notion-Version` that are accepted.
    pub versions: Vec<Version>,
    /// For how many milliseconds after connecting search misses some objects: its index takes a while.
    pub search_incomplete: u64,
    pub search_rows: SearchRows,
    /// Whether pages come with fewer results than were asked for, now and then none, though there are more.
    pub short_pages: bool,
    /// Whether all rows of the largest data source were created in the same minute, so that windows of time cannot split it.
    pub crowded_minute: bool,
}

/// What a second connection by the same person does to the refresh token of the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reconnect {
    #[default]
    Kills,
    Keeps,
}

/// How OAuth's errors are spelled: with RFC 6749's `error`, as Notion's guide has it, or with `code`, as its specification has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ErrorKeys {
    #[default]
    Both,
    Error,
    Code,
}

/// Which rows of data sources search returns beside pages and data sources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SearchRows {
    None,
    /// Every third.
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
