//! On whose behalf something happens: a user of the platform, inside an organisation.

use serde::{Deserialize, Serialize};

use super::{AppError, ErrorCode};

/// The longest id in characters. Long enough for any e-mail address or URN that platforms use as ids.
const MAX_CHARACTERS: usize = 128;

/// A user and the organisation they belong to, both named by the platform. Only valid ids get into one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Subject {
    org_id: String,
    user_id: String,
}

#[derive(Deserialize)]
struct Unchecked {
    org_id: String,
    user_id: String,
}

impl Subject {
    /// Checks both ids: 1–128 characters, none of them a control character.
    pub fn new(org_id: impl Into<String>, user_id: impl Into<String>) -> Result<Self, AppError> {
        Ok(Self { org_id: checked("org_id", org_id.into())?, user_id: checked("user_id", user_id.into())? })
    }

    /// The same, where an id that was not chosen is the default's.
    pub fn chosen(org_id: Option<String>, user_id: Option<String>) -> Result<Self, AppError> {
        let default = Self::default();
        Self::new(org_id.unwrap_or(default.org_id), user_id.unwrap_or(default.user_id))
    }

    /// The organisation's id.
    pub fn org_id(&self) -> &str {
        &self.org_id
    }

    /// The user's id.
    pub fn user_id(&self) -> &str {
        &self.user_id
    }
}

impl Default for Subject {
    /// Who the page starts with, until the operator chooses others.
    fn default() -> Self {
        Self { org_id: "demo".into(), user_id: "demo".into() }
    }
}

impl TryFrom<Unchecked> for Subject {
    type Error = AppError;

    fn try_from(ids: Unchecked) -> Result<Self, AppError> {
        Self::new(ids.org_id, ids.user_id)
    }
}

fn checked(field: &str, id: String) -> Result<String, AppError> {
    let problem = if id.is_empty() {
        "is empty"
    } else if id.chars().count() > MAX_CHARACTERS {
        "is too long"
    } else if id.chars().any(char::is_control) {
        "has a control character in it"
    } else {
        return Ok(id);
    };
    let detail = format!("{field} {problem}. It takes 1 to {MAX_CHARACTERS} printable characters.");
    Err(AppError::new(ErrorCode::InvalidInput, detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_1_to_128_printable_characters_are_accepted() {
        for id in ["a", "A:B", "ünïcode ✓", &"x".repeat(128)] {
            assert!(Subject::new(id, "user").is_ok(), "{id}");
        }
        for id in ["", "a\nb", "\0", &"x".repeat(129)] {
            assert_eq!(Subject::new("org", id).unwrap_err().code, ErrorCode::InvalidInput, "{id:?}");
        }
    }

    #[test]
    fn a_bad_id_cannot_be_deserialized() {
        assert!(serde_json::from_str::<Subject>(r#"{"org_id":"","user_id":"u"}"#).is_err());
    }
}
