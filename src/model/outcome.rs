//! How an attempt to connect ended: the words that the popup shows and tells to the page.

use serde::{Deserialize, Serialize};

/// How an attempt to connect ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The grant is saved.
    Connected,
    /// The same, and the same account is connected for another user too, whose grant may end by that.
    ConnectedTwice,
    /// The person kept the account that was connected before.
    Kept,
    /// The person said no at the provider.
    Refused,
    /// The attempt is over ten minutes old, was used before, or is not ours.
    Expired,
    /// The callback came to another browser than the one that set out, or for another provider.
    Mismatched,
    /// The provider refused the authorization code or the client.
    Rejected,
    /// The provider did not answer.
    ProviderUnavailable,
    /// Our store did not answer.
    StoreUnavailable,
    /// A defect of ours.
    Failed,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Connected,
        Self::ConnectedTwice,
        Self::Kept,
        Self::Refused,
        Self::Expired,
        Self::Mismatched,
        Self::Rejected,
        Self::ProviderUnavailable,
        Self::StoreUnavailable,
        Self::Failed,
    ];

    /// The word in the address of the popup's last page.
    pub fn word(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::ConnectedTwice => "connected_twice",
            Self::Kept => "kept",
            Self::Refused => "refused",
            Self::Expired => "expired",
            Self::Mismatched => "mismatched",
            Self::Rejected => "rejected",
            Self::ProviderUnavailable => "provider_unavailable",
            Self::StoreUnavailable => "store_unavailable",
            Self::Failed => "failed",
        }
    }

    /// Whether the account that came back is connected now.
    pub fn is_connected(self) -> bool {
        matches!(self, Self::Connected | Self::ConnectedTwice)
    }

    /// The outcome of a word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.word() == word)
    }

    /// What happened and what to do, for a person. `provider` is the name as people write it.
    pub fn sentence(self, provider: &str) -> String {
        match self {
            Self::Connected => format!("{provider} is connected."),
            Self::ConnectedTwice => format!("{provider} is connected. The same account is connected for another user here, whose access {provider} may end by this; that user then has to connect again."),
            Self::Kept => format!("The {provider} account that was connected before is still connected."),
            Self::Refused => format!("You did not allow Tributary to read {provider}, so nothing was connected. You can try again at any time."),
            Self::Expired => "This attempt to connect is used up or older than ten minutes, so nothing was changed. Start again from the page.".to_owned(),
            Self::Mismatched => "This answer belongs to another browser or another attempt, so nothing was changed. Start again from the page, in this browser.".to_owned(),
            Self::Rejected => format!("{provider} did not accept the authorization, so nothing was connected. Try again; if it happens every time, the client id, secret or redirect URL is wrong."),
            Self::ProviderUnavailable => format!("{provider} is not answering, so nothing was connected. Try again in a few minutes."),
            Self::StoreUnavailable => "Tributary cannot reach its store just now, so nothing was connected. Try again in a minute.".to_owned(),
            Self::Failed => "Something went wrong in Tributary, so nothing was connected. Its log says what. Try again.".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_is_found_by_its_word() {
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::of(outcome.word()), Some(outcome));
            assert!(outcome.sentence("HubSpot").ends_with('.'));
        }
        assert_eq!(Outcome::of("else"), None);
    }
}
