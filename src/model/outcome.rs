//! How an attempt to connect ended: the code in the address of the popup's last page, and its sentence.

use serde::{Deserialize, Serialize};

/// How an attempt to connect ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The grant was saved.
    Connected,
    /// The grant was saved, and another user here is connected with the same account. The provider may end their grant.
    ConnectedTwice,
    /// The user kept the account that was connected before.
    AccountKept,
    /// The user denied access at the provider.
    Denied,
    /// The attempt is older than ten minutes, was already used, or never existed.
    Expired,
    /// The callback reached a browser other than the one that started the attempt, or names another provider.
    WrongBrowser,
    /// The provider rejected the authorization code or the client.
    Rejected,
    /// The provider did not answer.
    ProviderUnavailable,
    /// The store did not answer.
    StoreUnavailable,
    /// An internal error.
    Failed,
}

impl Outcome {
    pub const ALL: [Self; 10] = [
        Self::Connected,
        Self::ConnectedTwice,
        Self::AccountKept,
        Self::Denied,
        Self::Expired,
        Self::WrongBrowser,
        Self::Rejected,
        Self::ProviderUnavailable,
        Self::StoreUnavailable,
        Self::Failed,
    ];

    /// The code in the address of the popup's last page.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::ConnectedTwice => "connected_twice",
            Self::AccountKept => "account_kept",
            Self::Denied => "denied",
            Self::Expired => "expired",
            Self::WrongBrowser => "wrong_browser",
            Self::Rejected => "rejected",
            Self::ProviderUnavailable => "provider_unavailable",
            Self::StoreUnavailable => "store_unavailable",
            Self::Failed => "failed",
        }
    }

    /// Whether the account that the user chose is connected now.
    pub fn is_connected(self) -> bool {
        matches!(self, Self::Connected | Self::ConnectedTwice)
    }

    /// The outcome with this code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == code)
    }

    /// What happened and what to do, for a person. `provider` is the name, such as `HubSpot`.
    pub fn sentence(self, provider: &str) -> String {
        match self {
            Self::Connected => format!("{provider} is connected."),
            Self::ConnectedTwice => format!("{provider} is connected. Another user here is connected with the same account. {provider} may end their access; if so, they have to reconnect."),
            Self::AccountKept => format!("Nothing changed: the previous {provider} account is still connected."),
            Self::Denied => format!("You didn't allow Tributary to read {provider}, so nothing was connected. You can try again at any time."),
            Self::Expired => "This attempt to connect has expired or was already used, so nothing changed. Start again from the page.".to_owned(),
            Self::WrongBrowser => "This attempt was started in another browser, so nothing changed. Start again from the page, in this browser.".to_owned(),
            Self::Rejected => format!("{provider} rejected the authorization, so nothing was connected. Try again. If it keeps failing, check the client id, the secret and the redirect URL."),
            Self::ProviderUnavailable => format!("{provider} isn't responding, so nothing was connected. Try again in a few minutes."),
            Self::StoreUnavailable => "Tributary can't reach its store, so nothing was connected. Try again in a minute.".to_owned(),
            Self::Failed => "Something went wrong in Tributary, so nothing was connected. Try again; the log has the details.".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_has_a_code_and_a_sentence() {
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::parse(outcome.as_str()), Some(outcome));
            assert!(outcome.sentence("HubSpot").ends_with('.'));
        }
        assert_eq!(Outcome::parse("else"), None);
    }
}
