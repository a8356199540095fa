//! What a stand-in issues: codes, access tokens and refresh tokens, and what it must remember about them.
//!
//! `H` is what a provider's tokens say beyond the common: whose they are, or what the person chose.

use std::{
    collections::{HashMap, HashSet},
    sync::Mutex,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    tokens::Signer,
    world::{Cuts, held},
};

/// A code is accepted this long: Airtable says ten minutes, HubSpot "a short window", Notion nothing.
const CODE_LIFE: SignedDuration = SignedDuration::from_mins(10);

/// What an authorization code stands for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Code<H> {
    pub client_id: String,
    pub redirect_uri: String,
    pub scopes: Vec<String>,
    pub challenge: Option<String>,
    pub holder: H,
    pub issued: Timestamp,
    /// Tells codes of the same moment apart.
    pub nonce: u64,
}

/// What an access token stands for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Access<H> {
    pub family: u64,
    pub generation: u32,
    pub client_id: String,
    pub scopes: Vec<String>,
    pub holder: H,
    pub issued: Timestamp,
    /// `Timestamp::MAX` for one that does not expire.
    pub expires: Timestamp,
    /// Tells tokens of the same moment apart.
    pub nonce: u64,
}

/// What a refresh token stands for. All refresh tokens of one grant share a family.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Refresh<H> {
    pub family: u64,
    pub generation: u32,
    pub client_id: String,
    pub scopes: Vec<String>,
    pub holder: H,
    pub issued: Timestamp,
}

/// A refresh token that is not, or no longer, accepted.
#[derive(Debug)]
pub(crate) enum Dead {
    Unknown,
    /// It was good once and has been rotated away or revoked.
    Reused,
}

/// What a refresh does to the refresh token: `"off"`, `"dead"`, or the seconds for which the old one still works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub(crate) enum Rotation {
    /// The same refresh token comes back.
    #[default]
    Off,
    /// A new one comes back and the old one is dead at once.
    Dead,
    Grace {
        seconds: u32,
    },
}

/// The words that a provider's tokens begin with.
pub(crate) struct Prefixes {
    pub code: &'static str,
    pub access: &'static str,
    pub refresh: &'static str,
}

pub(crate) struct Grants {
    codes: Signer,
    accesses: Signer,
    refreshes: Signer,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    used_codes: HashSet<u64>,
    revoked: HashSet<u64>,
    /// The newest generation of a family that was ever rotated, and when it was made.
    rotated: HashMap<u64, (u32, Timestamp)>,
}

impl Grants {
    /// The grants of one provider: its slug keeps its tokens from passing as another's.
    pub(crate) fn new(provider: &str, prefixes: &Prefixes, seed: u64) -> Self {
        let signer = |prefix, kind| Signer::new(prefix, &format!("{provider} {kind}"), seed);
        Self {
            codes: signer(prefixes.code, "code"),
            accesses: signer(prefixes.access, "access"),
            refreshes: signer(prefixes.refresh, "refresh"),
            memory: Mutex::default(),
        }
    }

    pub(crate) fn seal_code<H: Serialize>(&self, code: &Code<H>) -> String {
        self.codes.seal(code)
    }

    pub(crate) fn seal_access<H: Serialize>(&self, access: &Access<H>) -> String {
        self.accesses.seal(access)
    }

    pub(crate) fn seal_refresh<H: Serialize>(&self, refresh: &Refresh<H>) -> String {
        self.refreshes.seal(refresh)
    }

    /// Takes a code. It is used up by this, whether or not the rest of the request is right.
    pub(crate) fn take_code<H: DeserializeOwned>(&self, code: &str, now: Timestamp) -> Option<Code<H>> {
        let code: Code<H> = self.codes.open(code)?;
        let is_first_use = held(&self.memory).used_codes.insert(code.nonce);
        (is_first_use && now.duration_since(code.issued) < CODE_LIFE).then_some(code)
    }

    /// Makes a code that was taken as good as new, for a provider that does not use it up with a request that fails.
    pub(crate) fn give_back<H>(&self, code: &Code<H>) {
        held(&self.memory).used_codes.remove(&code.nonce);
    }

    /// Opens an access token. Its `expires` already tells of tokens that were expired all at once. Whether a rotation
    /// or a revocation ended it as well is the provider's rule: see [`Grants::is_outlived`] and [`Grants::is_revoked`].
    pub(crate) fn access<H: DeserializeOwned>(&self, token: &str, cuts: Cuts) -> Option<Access<H>> {
        let mut access: Access<H> = self.accesses.open(token)?;
        if let Some(cut) = cuts.expired.filter(|cut| access.issued <= *cut) {
            access.expires = access.expires.min(cut);
        }
        Some(access)
    }

    /// Opens a refresh token that is still good.
    pub(crate) fn refresh<H: DeserializeOwned>(
        &self,
        token: &str,
        rotation: Rotation,
        cuts: Cuts,
        now: Timestamp,
    ) -> Result<Refresh<H>, Dead> {
        let refresh: Refresh<H> = self.refreshes.open(token).ok_or(Dead::Unknown)?;
        let is_cut = cuts.revoked.is_some_and(|cut| refresh.issued <= cut);
        let is_outlived = self.is_outlived(refresh.family, refresh.generation, rotation, now);
        if is_cut || is_outlived || self.is_revoked(refresh.family) { Err(Dead::Reused) } else { Ok(refresh) }
    }

    /// Whether a newer generation was made, and the older one's time of grace, if it has one, is over.
    pub(crate) fn is_outlived(&self, family: u64, generation: u32, rotation: Rotation, now: Timestamp) -> bool {
        held(&self.memory).rotated.get(&family).is_some_and(|(newest, at)| {
            let is_in_grace = matches!(rotation, Rotation::Grace { seconds } if now.duration_since(*at) < SignedDuration::from_secs(seconds.into()));
            generation < *newest && !is_in_grace
        })
    }

    /// The refresh token to hand out after `used` was used. An old one that is used in its time of grace gets the newest
    /// generation rather than one more, so that two clients that refresh at once both end up with a live token.
    pub(crate) fn successor<H: Clone>(&self, used: &Refresh<H>, rotation: Rotation, now: Timestamp) -> Refresh<H> {
        let mut next = used.clone();
        if rotation == Rotation::Off {
            return next;
        }
        let mut memory = held(&self.memory);
        let (newest, at) = memory.rotated.entry(used.family).or_insert((used.generation, now));
        if used.generation >= *newest {
            (*newest, *at) = (used.generation + 1, now);
        }
        (next.generation, next.issued) = (*newest, now);
        next
    }

    pub(crate) fn revoke(&self, family: u64) {
        held(&self.memory).revoked.insert(family);
    }

    pub(crate) fn is_revoked(&self, family: u64) -> bool {
        held(&self.memory).revoked.contains(&family)
    }

    pub(crate) fn reset(&self) {
        *held(&self.memory) = Memory::default();
    }
}

impl<H> Code<H> {
    /// PKCE (RFC 7636, S256): a code that was asked for with a challenge is worth nothing without its verifier.
    pub(crate) fn is_verified(&self, verifier: Option<&str>) -> bool {
        let Some(challenge) = &self.challenge else {
            return true;
        };
        verifier.is_some_and(|verifier| URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == *challenge)
    }

    /// The first refresh token of the grant that this code brings.
    pub(crate) fn first_refresh(self, now: Timestamp) -> Refresh<H> {
        let Self { client_id, scopes, holder, .. } = self;
        Refresh { family: rand::random(), generation: 0, client_id, scopes, holder, issued: now }
    }
}

impl<H: Clone> Refresh<H> {
    /// An access token of the same generation.
    pub(crate) fn access(&self, now: Timestamp, expires: Timestamp) -> Access<H> {
        let Self { family, generation, client_id, scopes, holder, .. } = self.clone();
        Access { family, generation, client_id, scopes, holder, issued: now, expires, nonce: rand::random() }
    }
}

impl TryFrom<Value> for Rotation {
    type Error = &'static str;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        match (value.as_str(), value.as_u64().map(u32::try_from)) {
            (Some("off"), _) => Ok(Self::Off),
            (Some("dead"), _) => Ok(Self::Dead),
            (_, Some(Ok(seconds))) => Ok(Self::Grace { seconds }),
            _ => Err("expected \"off\", \"dead\" or a number of seconds"),
        }
    }
}

impl From<Rotation> for Value {
    fn from(rotation: Rotation) -> Self {
        match rotation {
            Rotation::Off => "off".into(),
            Rotation::Dead => "dead".into(),
            Rotation::Grace { seconds } => seconds.into(),
        }
    }
}
