//! The use of a refresh token. Airtable rotates strictly: the old pair is dead the moment the new one exists, and who
//! presents the old refresh token again is told of a conflict, or loses the grant.

use std::collections::HashMap;

use axum::http::StatusCode;
use jiff::SignedDuration;
use parking_lot::Mutex;

use super::{scopes, token::TokenError};
use crate::{
    airtable::{Airtable, SharedBases, form::Fields, switches::DoubleRefresh},
    grants::{InvalidToken, Refresh, Rotation},
};

/// How often dead refresh tokens of a grant were presented, by family.
#[derive(Default)]
pub(crate) struct ReuseCounts(Mutex<HashMap<u64, u32>>);

impl ReuseCounts {
    fn add(&self, family: u64) -> u32 {
        let mut tries = self.0.lock();
        let tries = tries.entry(family).or_default();
        *tries += 1;
        *tries
    }

    pub(crate) fn clear(&self) {
        self.0.lock().clear();
    }
}

/// Opens whatever was rotated away, however long ago, so that it can be told from what never was.
const LENIENT: Rotation = Rotation::Grace { seconds: u32::MAX };

/// The refresh token of the next generation, and the scopes of the access token that goes with it: all that were granted,
/// or those of them that the request asks for.
pub(crate) fn rotate(
    airtable: &Airtable,
    fields: &Fields<'_>,
    client_id: &str,
) -> Result<(Refresh<SharedBases>, Vec<String>), TokenError> {
    let _one_at_a_time = airtable.rotating.lock();
    let token = fields.get("refresh_token").ok_or(TokenError::invalid_request("A required parameter is missing"))?;
    let used = live(airtable, token)?;
    if used.client_id != client_id {
        return Err(dead());
    }
    let wanted = match fields.get("scope") {
        None => used.scopes.clone(),
        Some(text) => {
            let wanted = scopes::parse(text).map_err(|_| invalid_scope())?;
            if wanted.iter().any(|scope| !used.scopes.contains(scope)) {
                return Err(invalid_scope());
            }
            wanted
        }
    };
    Ok((airtable.grants.rotate(&used, Rotation::Dead, airtable.context.clock.now()), wanted))
}

fn live(airtable: &Airtable, token: &str) -> Result<Refresh<SharedBases>, TokenError> {
    let (now, switches) = (airtable.context.clock.now(), airtable.switches.get());
    let opened = airtable.grants.refresh::<SharedBases>(token, LENIENT, now);
    let refresh = opened.map_err(|end| {
        if matches!(end, InvalidToken::Reused) {
            airtable.grants.counters.reused_tokens.increment();
        }
        dead()
    })?;
    let life = SignedDuration::from_secs(switches.refresh_token_seconds.into());
    let is_rotated = airtable.grants.is_rotated_out(refresh.family, refresh.generation, Rotation::Dead, now);
    if !is_rotated && now.duration_since(refresh.issued) < life {
        return Ok(refresh);
    }
    airtable.grants.counters.reused_tokens.increment();
    let window = Rotation::Grace { seconds: switches.conflict_seconds };
    let is_recent = is_rotated && !airtable.grants.is_rotated_out(refresh.family, refresh.generation, window, now);
    match switches.double_refresh {
        DoubleRefresh::Conflict if is_recent => {
            let description = "The token was refreshed a moment ago";
            return Err(TokenError { status: StatusCode::CONFLICT, error: "conflict", description });
        }
        DoubleRefresh::Conflict => {}
        DoubleRefresh::RevokeAfter(tries) => {
            if airtable.reuse_counts.add(refresh.family) >= tries {
                airtable.grants.revoke(refresh.family);
            }
        }
    }
    Err(dead())
}

fn dead() -> TokenError {
    TokenError::invalid_grant("The refresh token is invalid, expired or was used before")
}

fn invalid_scope() -> TokenError {
    TokenError::bad_request("invalid_scope", "The scope must be part of what was granted")
}
