//! What HubSpot's stand-in issues: codes, access tokens and refresh tokens, and what it must remember about them.

use std::{
    collections::{HashMap, HashSet},
    sync::Mutex,
};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::switches::Rotation;
use crate::server::sandbox::{
    tokens::Signer,
    world::{Cuts, held},
};

/// A code is accepted this long; HubSpot says "a short window".
const CODE_LIFE: SignedDuration = SignedDuration::from_mins(10);

/// What an authorization code stands for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Code {
    pub client_id: String,
    pub redirect_uri: String,
    pub scopes: Vec<String>,
    pub challenge: Option<String>,
    pub issued: Timestamp,
    /// Tells codes of the same moment apart.
    pub nonce: u64,
}

/// What an access token stands for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Access {
    pub access: u64,
    pub client_id: String,
    pub hub_id: u32,
    pub user_id: u32,
    pub scopes: Vec<String>,
    pub issued: Timestamp,
    pub expires: Timestamp,
}

/// What a refresh token stands for. All refresh tokens of one grant share a family.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Refresh {
    pub family: u64,
    pub generation: u32,
    pub client_id: String,
    pub hub_id: u32,
    pub scopes: Vec<String>,
    pub issued: Timestamp,
}

/// A refresh token that is not, or no longer, accepted.
#[derive(Debug)]
pub(crate) enum Dead {
    Unknown,
    /// It was good once and has been rotated away or revoked.
    Reused,
}

pub(crate) struct Grants {
    signer: Signer,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    used_codes: HashSet<u64>,
    revoked: HashSet<u64>,
    rotated: HashMap<u64, (u32, Timestamp)>,
}

impl Grants {
    pub(crate) fn new(seed: u64) -> Self {
        Self { signer: Signer::new("na1-", "hubspot", seed), memory: Mutex::default() }
    }

    pub(crate) fn seal<T: Serialize>(&self, grant: &T) -> String {
        self.signer.seal(grant)
    }

    /// Takes a code. It is used up by this, whether or not the rest of the request is right.
    pub(crate) fn take_code(&self, code: &str, now: Timestamp) -> Option<Code> {
        let code: Code = self.signer.open(code)?;
        let is_first_use = held(&self.memory).used_codes.insert(code.nonce);
        (is_first_use && now.duration_since(code.issued) < CODE_LIFE).then_some(code)
    }

    /// Opens an access token. Its `expires` already tells of tokens that were expired all at once.
    pub(crate) fn access(&self, token: &str, cuts: Cuts) -> Option<Access> {
        let mut access: Access = self.signer.open(token)?;
        if let Some(cut) = cuts.expired.filter(|cut| access.issued <= *cut) {
            access.expires = access.expires.min(cut);
        }
        Some(access)
    }

    /// Opens a refresh token that is still good.
    pub(crate) fn refresh(&self, token: &str, rotation: Rotation, cuts: Cuts, now: Timestamp) -> Result<Refresh, Dead> {
        let refresh: Refresh = self.signer.open(token).ok_or(Dead::Unknown)?;
        let memory = held(&self.memory);
        let is_revoked =
            memory.revoked.contains(&refresh.family) || cuts.revoked.is_some_and(|cut| refresh.issued <= cut);
        let is_outlived = memory.rotated.get(&refresh.family).is_some_and(|(newest, at)| {
            let is_in_grace = matches!(rotation, Rotation::Grace { seconds } if now.duration_since(*at) < SignedDuration::from_secs(seconds.into()));
            refresh.generation < *newest && !is_in_grace
        });
        if is_revoked || is_outlived { Err(Dead::Reused) } else { Ok(refresh) }
    }

    /// The refresh token to hand out after `used` was used. An old one that is used in its time of grace gets the newest
    /// generation rather than one more, so that two clients that refresh at once both end up with a live token.
    pub(crate) fn successor(&self, used: &Refresh, rotation: Rotation, now: Timestamp) -> Refresh {
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

    pub(crate) fn reset(&self) {
        *held(&self.memory) = Memory::default();
    }
}
