//! What a stand-in's token endpoint issues, and what it must remember about it.
//!
//! Tokens are self-contained and signed, so a restarted sandbox accepts what it issued before. Only used codes, rotations
//! and revocations are remembered, and those do not survive a restart. Which of these ends an access token is decided by
//! each provider.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use serde::{Serialize, de::DeserializeOwned};

use self::{counters::Counters, signed_token::Signer};
pub(crate) use self::{
    rotation::Rotation,
    token::{Access, Code, Refresh},
};

pub(crate) mod counters;
mod rotation;
mod signed_token;
mod token;

/// How long a code is accepted: Airtable documents ten minutes, HubSpot "a short window", Notion nothing.
const CODE_LIFETIME: SignedDuration = SignedDuration::from_mins(10);

/// The grants of one provider.
pub(crate) struct Grants {
    pub counters: Counters,
    codes: Signer,
    access_tokens: Signer,
    refresh_tokens: Signer,
    memory: Mutex<Memory>,
}

/// What a provider's tokens begin with.
pub(crate) struct Prefixes {
    pub code: &'static str,
    pub access: &'static str,
    pub refresh: &'static str,
}

/// Why a refresh token is not accepted.
#[derive(Debug)]
pub(crate) enum InvalidToken {
    /// The sandbox did not issue it.
    Unknown,
    /// It was valid once and has been rotated out or revoked.
    Reused,
}

#[derive(Default)]
struct Memory {
    used_codes: HashSet<u64>,
    revoked_families: HashSet<u64>,
    /// The newest generation of each family that was rotated, and when that was.
    rotated: HashMap<u64, (u32, Timestamp)>,
    /// Access tokens issued up to here are expired.
    expired_until: Option<Timestamp>,
    /// Refresh tokens issued up to here are revoked.
    revoked_until: Option<Timestamp>,
}

impl Grants {
    /// `slug` keeps the tokens of one provider from being accepted by another.
    pub(crate) fn new(slug: &str, prefixes: &Prefixes, seed: u64) -> Self {
        let signer = |prefix, kind| Signer::new(prefix, &format!("{slug} {kind}"), seed);
        Self {
            counters: Counters::default(),
            codes: signer(prefixes.code, "code"),
            access_tokens: signer(prefixes.access, "access"),
            refresh_tokens: signer(prefixes.refresh, "refresh"),
            memory: Mutex::default(),
        }
    }

    pub(crate) fn sign_code<R: Serialize>(&self, code: &Code<R>) -> String {
        self.codes.sign(code)
    }

    pub(crate) fn sign_access<R: Serialize>(&self, access: &Access<R>) -> String {
        self.access_tokens.sign(access)
    }

    pub(crate) fn sign_refresh<R: Serialize>(&self, refresh: &Refresh<R>) -> String {
        self.refresh_tokens.sign(refresh)
    }

    /// Verifies a code and uses it up, whether or not the rest of the request is valid.
    pub(crate) fn redeem_code<R: DeserializeOwned>(&self, code: &str, now: Timestamp) -> Option<Code<R>> {
        let code: Code<R> = self.codes.verify(code)?;
        let is_first_use = self.memory.lock().used_codes.insert(code.nonce);
        (is_first_use && now.duration_since(code.issued) < CODE_LIFETIME).then_some(code)
    }

    /// Makes a redeemed code valid again, for a provider that does not use it up when the request fails.
    pub(crate) fn restore_code<R>(&self, code: &Code<R>) {
        self.memory.lock().used_codes.remove(&code.nonce);
    }

    /// Verifies an access token, expired or not. Whether a rotation or a revocation ended it is for the provider to
    /// decide: see [`Grants::is_rotated_out`] and [`Grants::is_revoked`].
    pub(crate) fn access<R: DeserializeOwned>(&self, token: &str) -> Option<Access<R>> {
        let mut access: Access<R> = self.access_tokens.verify(token)?;
        if let Some(expired_until) = self.memory.lock().expired_until.filter(|until| access.issued <= *until) {
            access.expires = access.expires.min(expired_until);
        }
        Some(access)
    }

    /// Verifies a refresh token that is still valid.
    pub(crate) fn refresh<R: DeserializeOwned>(
        &self,
        token: &str,
        rotation: Rotation,
        now: Timestamp,
    ) -> Result<Refresh<R>, InvalidToken> {
        let refresh: Refresh<R> = self.refresh_tokens.verify(token).ok_or(InvalidToken::Unknown)?;
        let is_rotated_out = self.is_rotated_out(refresh.family, refresh.generation, rotation, now);
        let memory = self.memory.lock();
        let is_revoked = memory.revoked_until.is_some_and(|until| refresh.issued <= until)
            || memory.revoked_families.contains(&refresh.family);
        if is_revoked || is_rotated_out { Err(InvalidToken::Reused) } else { Ok(refresh) }
    }

    /// Whether there is a newer generation and this one's grace period, if it has one, is over.
    pub(crate) fn is_rotated_out(&self, family: u64, generation: u32, rotation: Rotation, now: Timestamp) -> bool {
        self.memory.lock().rotated.get(&family).is_some_and(|(newest, at)| {
            let is_in_grace = matches!(rotation, Rotation::Grace { seconds } if now.duration_since(*at) < SignedDuration::from_secs(seconds.into()));
            generation < *newest && !is_in_grace
        })
    }

    /// The refresh token to return after `used` was used. A token that is used in its grace period gets the newest
    /// generation instead of a further one, so that two clients that refresh at once both end up with a valid token.
    pub(crate) fn rotate<R: Clone>(&self, used: &Refresh<R>, rotation: Rotation, now: Timestamp) -> Refresh<R> {
        let mut next = used.clone();
        if rotation == Rotation::Off {
            return next;
        }
        let mut memory = self.memory.lock();
        let (newest, at) = memory.rotated.entry(used.family).or_insert((used.generation, now));
        if used.generation >= *newest {
            (*newest, *at) = (used.generation + 1, now);
        }
        (next.generation, next.issued) = (*newest, now);
        next
    }

    /// Revokes one grant.
    pub(crate) fn revoke(&self, family: u64) {
        self.memory.lock().revoked_families.insert(family);
    }

    pub(crate) fn is_revoked(&self, family: u64) -> bool {
        self.memory.lock().revoked_families.contains(&family)
    }

    /// Expires every access token issued so far.
    pub(crate) fn expire_access_tokens(&self, now: Timestamp) {
        self.memory.lock().expired_until = Some(now);
    }

    /// Expires every access token and revokes every refresh token issued so far.
    pub(crate) fn revoke_all(&self, now: Timestamp) {
        let mut memory = self.memory.lock();
        (memory.expired_until, memory.revoked_until) = (Some(now), Some(now));
    }

    pub(crate) fn reset(&self) {
        self.counters.reset();
        *self.memory.lock() = Memory::default();
    }
}
