//! A grant's tokens in clear, and their plaintext form, which is what gets encrypted.

use std::borrow::Cow;

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};
use serde::{Deserialize, Serialize};

use super::Grant;
use crate::server::providers::client::{AccessToken, oauth::TokenResponse};

/// A grant's tokens.
pub(super) struct TokenPair {
    pub(super) access_token: SecretString,
    pub(super) refresh_token: Option<SecretString>,
}

#[derive(Serialize, Deserialize)]
struct Plaintext<'a> {
    #[serde(borrow)]
    access_token: Cow<'a, str>,
    #[serde(borrow)]
    refresh_token: Option<Cow<'a, str>>,
}

impl TokenPair {
    pub(super) fn into_access_token(self, grant: &Grant) -> AccessToken {
        AccessToken {
            value: self.access_token,
            expires_at: grant.expires_at,
            account_id: grant.connection.account.id.clone(),
            version: grant.version,
            was_refused: grant.history.refusals.since().is_some(),
        }
    }

    pub(super) fn to_plaintext(&self) -> anyhow::Result<Zeroizing<Vec<u8>>> {
        let plain = Plaintext {
            access_token: self.access_token.expose_secret().into(),
            refresh_token: self.refresh_token.as_ref().map(|token| token.expose_secret().into()),
        };
        Ok(serde_json::to_vec(&plain).map(Zeroizing::new)?)
    }

    pub(super) fn parse(plaintext: &[u8]) -> anyhow::Result<Self> {
        let plain: Plaintext = serde_json::from_slice(plaintext).context("the plaintext has an unexpected form")?;
        Ok(Self {
            access_token: plain.access_token.into_owned().into(),
            refresh_token: plain.refresh_token.map(|token| token.into_owned().into()),
        })
    }
}

impl From<&TokenResponse> for TokenPair {
    fn from(response: &TokenResponse) -> Self {
        Self { access_token: response.access_token.clone(), refresh_token: response.refresh_token.clone() }
    }
}
