//! A token response: the tokens, and what the provider says about them.

use std::{borrow::Cow, time::Duration};

use anyhow::Context;
use oauth2::{ExtraTokenFields, StandardTokenResponse, TokenResponse as _, basic::BasicTokenType};
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::server::providers::OAuth;

/// The maximum length of a scope.
const MAX_SCOPE: usize = 200;

/// The maximum number of scopes of a grant.
const MAX_SCOPES: usize = 256;

/// Tokens that a provider has just issued.
pub struct TokenResponse {
    pub access_token: SecretString,
    pub refresh_token: Option<SecretString>,
    /// The lifetime of the access token.
    pub expires_in: Option<Duration>,
    /// The lifetime of the refresh token if it is not used.
    pub refresh_expires_in: Option<Duration>,
    /// The granted scopes; empty if the provider does not list them.
    pub scopes: Vec<String>,
}

/// The form in which a token response is sealed while a user decides whether to keep it.
#[derive(Serialize, Deserialize)]
struct Plaintext<'a> {
    #[serde(borrow)]
    access_token: Cow<'a, str>,
    #[serde(borrow)]
    refresh_token: Option<Cow<'a, str>>,
    /// In seconds, as the next one.
    expires_in: Option<u64>,
    refresh_expires_in: Option<u64>,
    scopes: Vec<String>,
}

impl TokenResponse {
    pub(super) fn new(response: &RawResponse, oauth: &OAuth) -> Self {
        let fields = &response.extra_fields().0;
        let listed = oauth.scopes_field.and_then(|field| {
            let scopes = fields.get(field)?.as_array()?.iter();
            Some(scopes.filter_map(|scope| scope.as_str().map(str::to_owned)).collect())
        });
        let standard = || response.scopes().into_iter().flatten().map(|scope| scope.as_str().to_owned()).collect();
        let refresh_expires_in = oauth.refresh_expires_in_field.and_then(|field| fields.get(field)?.as_u64());
        Self {
            access_token: response.access_token().secret().clone().into(),
            refresh_token: response.refresh_token().map(|token| token.secret().clone().into()),
            expires_in: response.expires_in(),
            refresh_expires_in: refresh_expires_in.map(Duration::from_secs),
            scopes: bounded(listed.unwrap_or_else(standard)),
        }
    }

    /// Parses JSON with the fields `access_token`, `refresh_token`, `expires_in`, `refresh_expires_in` and `scopes`.
    pub fn parse(plaintext: &[u8]) -> anyhow::Result<Self> {
        let plain: Plaintext = serde_json::from_slice(plaintext).context("a token response has an unexpected form")?;
        Ok(Self {
            access_token: plain.access_token.into_owned().into(),
            refresh_token: plain.refresh_token.map(|token| token.into_owned().into()),
            expires_in: plain.expires_in.map(Duration::from_secs),
            refresh_expires_in: plain.refresh_expires_in.map(Duration::from_secs),
            scopes: plain.scopes,
        })
    }

    /// The JSON that [`TokenResponse::parse`] parses, to be sealed.
    pub fn to_plaintext(&self) -> anyhow::Result<Zeroizing<Vec<u8>>> {
        let plain = Plaintext {
            access_token: self.access_token.expose_secret().into(),
            refresh_token: self.refresh_token.as_ref().map(|token| token.expose_secret().into()),
            expires_in: self.expires_in.map(|time| time.as_secs()),
            refresh_expires_in: self.refresh_expires_in.map(|time| time.as_secs()),
            scopes: self.scopes.clone(),
        };
        Ok(serde_json::to_vec(&plain).map(Zeroizing::new)?)
    }

    /// Keeps the old refresh token if the response has none (RFC 6749, section 6), unless the provider invalidates a
    /// refresh token with its use.
    pub fn or_keep(mut self, refresh_token: Option<SecretString>, oauth: &OAuth) -> Self {
        self.refresh_token = self.refresh_token.or(refresh_token.filter(|_| !oauth.rotates));
        self
    }
}

/// The scopes that RFC 6749 (section 3.3) allows, within limits that no provider comes near.
fn bounded(scopes: Vec<String>) -> Vec<String> {
    let is_valid = |scope: &String| {
        !scope.is_empty()
            && scope.len() <= MAX_SCOPE
            && scope.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
    };
    scopes.into_iter().filter(is_valid).take(MAX_SCOPES).collect()
}

/// All further fields of a token response.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ExtraFields(Map<String, Value>);

impl ExtraTokenFields for ExtraFields {}

/// A token response as `oauth2` parses it.
pub(super) type RawResponse = StandardTokenResponse<ExtraFields, BasicTokenType>;
