//! A grant's tokens in clear, and the form in which they are sealed.

use std::borrow::Cow;

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};
use serde::{Deserialize, Serialize};

use super::{AccessToken, Grant};
use crate::{model::AppError, server::failure};

/// A grant's tokens, in clear.
pub(super) struct Secrets {
    pub(super) access_token: SecretString,
    pub(super) refresh_token: Option<SecretString>,
}

/// The plaintext's form.
#[derive(Serialize, Deserialize)]
struct Plain<'a> {
    #[serde(borrow)]
    access_token: Cow<'a, str>,
    #[serde(borrow)]
    refresh_token: Option<Cow<'a, str>>,
}

impl Secrets {
    pub(super) fn access_token(self, grant: &Grant) -> AccessToken {
        AccessToken {
            value: self.access_token,
            expires_at: grant.expires_at,
            account: grant.account.id.clone(),
            version: grant.version,
        }
    }

    pub(super) fn to_plaintext(&self) -> Result<Zeroizing<Vec<u8>>, AppError> {
        let plain = Plain {
            access_token: self.access_token.expose_secret().into(),
            refresh_token: self.refresh_token.as_ref().map(|token| token.expose_secret().into()),
        };
        serde_json::to_vec(&plain).map(Zeroizing::new).map_err(|error| failure::defect(&error.into()))
    }

    pub(super) fn parse(plaintext: &[u8]) -> anyhow::Result<Self> {
        let plain: Plain = serde_json::from_slice(plaintext).context("the plaintext has another form")?;
        Ok(Self {
            access_token: plain.access_token.into_owned().into(),
            refresh_token: plain.refresh_token.map(|token| token.into_owned().into()),
        })
    }
}
