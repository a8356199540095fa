//! Tokens that a provider just made, and what it said of them.

use std::time::Duration;

use oauth2::{ExtraTokenFields, StandardTokenResponse, TokenResponse, basic::BasicTokenType};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::secrets::Secrets;

/// Tokens that a provider just made; or the old ones, to be sealed again.
pub struct Minted {
    pub(super) secrets: Secrets,
    /// `None` for old ones: the provider said nothing new.
    pub(super) terms: Option<Terms>,
}

/// What a provider says of its tokens.
pub(super) struct Terms {
    pub(super) expires_in: Option<Duration>,
    /// How long the refresh token is good when it is not used.
    pub(super) refresh_expires_in: Option<Duration>,
    pub(super) scopes: Vec<String>,
}

impl Minted {
    /// The access token, to ask whose account it is for.
    pub fn access_token(&self) -> &SecretString {
        &self.secrets.access_token
    }

    /// A provider that sends no new refresh token means the old one (RFC 6749, section 6); unless it ends each with its
    /// use, then there is none any more.
    pub(super) fn or_keep(mut self, refresh_token: Option<SecretString>, rotates: bool) -> Self {
        self.secrets.refresh_token = self.secrets.refresh_token.or(refresh_token.filter(|_| !rotates));
        self
    }
}

impl From<Answer> for Minted {
    fn from(answer: Answer) -> Self {
        let listed = answer.extra_fields().scopes.clone();
        let standard = || answer.scopes().into_iter().flatten().map(|scope| scope.as_str().to_owned()).collect();
        Self {
            secrets: Secrets {
                access_token: answer.access_token().secret().clone().into(),
                refresh_token: answer.refresh_token().map(|token| token.secret().clone().into()),
            },
            terms: Some(Terms {
                expires_in: answer.expires_in(),
                refresh_expires_in: answer.extra_fields().refresh_expires_in.map(Duration::from_secs),
                scopes: listed.unwrap_or_else(standard),
            }),
        }
    }
}

impl From<Secrets> for Minted {
    fn from(secrets: Secrets) -> Self {
        Self { secrets, terms: None }
    }
}

/// What providers add to the standard token answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Extra {
    /// HubSpot's list of granted scopes; others send the standard `scope`.
    scopes: Option<Vec<String>>,
    /// Airtable's, in seconds.
    refresh_expires_in: Option<u64>,
}

impl ExtraTokenFields for Extra {}

/// A token endpoint's answer.
pub(super) type Answer = StandardTokenResponse<Extra, BasicTokenType>;
