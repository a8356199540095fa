//! What authorization codes, access tokens and refresh tokens contain.
//!
//! `R` is what a provider's tokens say about the resources that the user shared: a set of pages or bases, or nothing.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Code<R> {
    pub client_id: String,
    pub redirect_uri: String,
    pub scopes: Vec<String>,
    pub challenge: Option<String>,
    pub resources: R,
    pub issued: Timestamp,
    /// Makes codes issued at the same moment different.
    pub nonce: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Access<R> {
    pub family: u64,
    pub generation: u32,
    pub client_id: String,
    pub scopes: Vec<String>,
    pub resources: R,
    pub issued: Timestamp,
    /// `Timestamp::MAX` for a token that does not expire.
    pub expires: Timestamp,
    /// Makes tokens issued at the same moment different.
    pub nonce: u64,
}

/// All refresh tokens of one grant share a family; each rotation starts a new generation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Refresh<R> {
    pub family: u64,
    pub generation: u32,
    pub client_id: String,
    pub scopes: Vec<String>,
    pub resources: R,
    pub issued: Timestamp,
}

impl<R> Code<R> {
    /// PKCE (RFC 7636, S256): a code that was requested with a challenge is accepted only with its verifier.
    pub(crate) fn is_verified(&self, verifier: Option<&str>) -> bool {
        let Some(challenge) = &self.challenge else {
            return true;
        };
        verifier.is_some_and(|verifier| URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == *challenge)
    }

    /// The first refresh token of the grant that this code starts.
    pub(crate) fn first_refresh(self, now: Timestamp) -> Refresh<R> {
        let Self { client_id, scopes, resources, .. } = self;
        Refresh { family: rand::random(), generation: 0, client_id, scopes, resources, issued: now }
    }
}

impl<R: Clone> Refresh<R> {
    /// An access token of the same generation.
    pub(crate) fn access(&self, now: Timestamp, expires: Timestamp) -> Access<R> {
        let Self { family, generation, client_id, scopes, resources, .. } = self.clone();
        Access { family, generation, client_id, scopes, resources, issued: now, expires, nonce: rand::random() }
    }
}
