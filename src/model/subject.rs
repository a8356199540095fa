//! The user, within an organisation, on whose behalf Tributary acts.

use serde::{Deserialize, Serialize};

use super::{AppError, ErrorCode};

/// The maximum length of an id in characters: long enough for e-mail addresses and URNs.
const MAX_CHARACTERS: usize = 128;

/// A user and their organisation, by the platform's own ids. A `Subject` always holds valid ids.
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

    /// The subject with these ids; a missing id is the default's.
    pub fn or_default(org_id: Option<String>, user_id: Option<String>) -> Result<Self, AppError> {
        let default = Self::default();
        Self::new(org_id.unwrap_or(default.org_id), user_id.unwrap_or(default.user_id))
    }

    pub fn org_id(&self) -> &str {
        &self.org_id
    }

    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    /// The subject as a query string: `org_id=acme&user_id=ada`.
    pub fn query(&self) -> String {
        let encode = |id: &str| form_urlencoded::byte_serialize(id.as_bytes()).collect::<String>();
        format!("org_id={}&user_id={}", encode(&self.org_id), encode(&self.user_id))
    }
}

impl Default for Subject {
    /// The subject that the page starts with.
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
        "contains a control character"
    } else {
        return Ok(id);
    };
    let detail = format!("{field} {problem}. Use 1 to {MAX_CHARACTERS} printable characters.");
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
    fn a_query_string_keeps_ids_apart_whatever_they_contain() {
        let subject = Subject::new("a&b=c", "ünï +%").unwrap();
        assert_eq!(subject.query(), "org_id=a%26b%3Dc&user_id=%C3%BCn%C3%AF+%2B%25");
    }

    #[test]
    fn a_bad_id_cannot_be_deserialized() {
        assert!(serde_json::from_str::<Subject>(r#"{"org_id":"","user_id":"u"}"#).is_err());
    }
}
