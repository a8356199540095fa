//! Tokens that a provider just made, and what it said of them.

use std::{borrow::Cow, time::Duration};

use anyhow::Context;
use oauth2::{ExtraTokenFields, StandardTokenResponse, TokenResponse, basic::BasicTokenType};
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};
use serde::{Deserialize, Serialize};

use super::secrets::Secrets;
use crate::{model::AppError, server::failure};

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

/// The form in which they wait for a person to choose.
#[derive(Serialize, Deserialize)]
struct Waiting<'a> {
    #[serde(borrow)]
    access_token: Cow<'a, str>,
    #[serde(borrow)]
    refresh_token: Option<Cow<'a, str>>,
    /// Seconds, as the next one.
    expires_in: Option<u64>,
    refresh_expires_in: Option<u64>,
    scopes: Vec<String>,
}

impl Minted {
    pub(super) fn to_plaintext(&self) -> Result<Zeroizing<Vec<u8>>, AppError> {
        let seconds = |time: Option<Duration>| time.map(|time| time.as_secs());
        let terms = self.terms.as_ref();
        let waiting = Waiting {
            access_token: self.secrets.access_token.expose_secret().into(),
            refresh_token: self.secrets.refresh_token.as_ref().map(|token| token.expose_secret().into()),
            expires_in: seconds(terms.and_then(|terms| terms.expires_in)),
            refresh_expires_in: seconds(terms.and_then(|terms| terms.refresh_expires_in)),
            scopes: terms.map(|terms| terms.scopes.clone()).unwrap_or_default(),
        };
        serde_json::to_vec(&waiting).map(Zeroizing::new).map_err(|error| failure::defect(&error.into()))
    }

    /// Reads them from JSON: `access_token`, `refresh_token`, `expires_in`, `refresh_expires_in`, `scopes`.
    pub fn parse(plaintext: &[u8]) -> anyhow::Result<Self> {
        let waiting: Waiting = serde_json::from_slice(plaintext).context("tokens that waited have another form")?;
        let [expires_in, refresh_expires_in] =
            [waiting.expires_in, waiting.refresh_expires_in].map(|time| time.map(Duration::from_secs));
        let secrets = Secrets {
            access_token: waiting.access_token.into_owned().into(),
            refresh_token: waiting.refresh_token.map(|token| token.into_owned().into()),
        };
        Ok(Self { secrets, terms: Some(Terms { expires_in, refresh_expires_in, scopes: waiting.scopes }) })
    }

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
