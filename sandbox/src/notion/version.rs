//! The API versions in use, which each request names in its `Notion-Version` header.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Version {
    /// Databases have properties and rows themselves.
    #[serde(rename = "2022-06-28")]
    June2022,
    /// Databases contain data sources, which have the properties and rows.
    #[serde(rename = "2025-09-03")]
    September2025,
    /// Objects have `in_trash` only; `archived` was removed.
    #[serde(rename = "2026-03-11")]
    March2026,
}

impl Version {
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::June2022, Self::September2025, Self::March2026].into_iter().find(|version| version.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::June2022 => "2022-06-28",
            Self::September2025 => "2025-09-03",
            Self::March2026 => "2026-03-11",
        }
    }

    pub(crate) fn has_data_sources(self) -> bool {
        self >= Self::September2025
    }

    pub(crate) fn has_archived_field(self) -> bool {
        self < Self::March2026
    }
}
