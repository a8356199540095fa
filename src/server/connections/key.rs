//! The key of a connection.

use std::fmt;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::{
    model::{AppError, ErrorCode, Subject},
    server::providers::{self, Provider},
};

/// Identifies a connection. Its text is the key in the store, `connection/{provider}/{org}/{user}`, with both ids
/// percent-encoded, so that no choice of ids collides with another pair's key.
#[derive(Debug, Clone)]
pub struct ConnectionKey {
    pub subject: Subject,
    pub provider: &'static Provider,
}

/// There is no provider with this slug.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("unknown provider")]
pub struct UnknownProvider;

impl From<UnknownProvider> for AppError {
    fn from(_: UnknownProvider) -> Self {
        let known: Vec<_> = providers::ALL.iter().map(|provider| provider.slug).collect();
        Self::new(ErrorCode::NotFound, format!("There is no provider with that name. Providers: {}.", known.join(", ")))
    }
}

/// The prefix of the keys of all connections.
pub const PREFIX: &str = "connection/";

impl ConnectionKey {
    /// The key of a subject's connection to the provider with this slug.
    pub fn new(subject: &Subject, provider: &str) -> Result<Self, UnknownProvider> {
        let provider = providers::find(provider).ok_or(UnknownProvider)?;
        Ok(Self { subject: subject.clone(), provider })
    }

    /// Parses the text of a key. `None` for any other text, and for a provider that no longer exists.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix(PREFIX)?.split('/');
        let provider = providers::find(parts.next()?)?;
        let mut decoded = || percent_decode_str(parts.next()?).decode_utf8().ok();
        let subject = Subject::new(decoded()?, decoded()?).ok()?;
        Some(Self { subject, provider })
    }

    /// The prefix of the keys of a provider's connections.
    pub fn prefix_of(provider: &Provider) -> String {
        format!("{PREFIX}{}/", provider.slug)
    }
}

impl fmt::Display for ConnectionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [org, user] = [self.subject.org_id(), self.subject.user_id()];
        let [org, user] = [org, user].map(|id| utf8_percent_encode(id, NON_ALPHANUMERIC));
        write!(f, "{PREFIX}{}/{org}/{user}", self.provider.slug)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_pairs_of_ids_have_the_same_key_and_every_key_parses_back() {
        let pairs =
            [("A:B", "C"), ("A", "B:C"), ("A/B", "C"), ("A", "B/C"), ("A%2FB", "C"), ("a", "B:C"), ("A ", "B:C")];
        let key = |(org, user)| ConnectionKey::new(&Subject::new(org, user).unwrap(), "hubspot").unwrap();
        let keys: std::collections::HashSet<_> = pairs.map(|pair| key(pair).to_string()).into();
        assert_eq!(keys.len(), pairs.len());
        for pair in pairs {
            let parsed = ConnectionKey::parse(&key(pair).to_string()).unwrap();
            assert_eq!((parsed.subject.org_id(), parsed.subject.user_id()), pair);
        }
        assert!(ConnectionKey::parse("connection/nobody/a/b").is_none());
    }
}
