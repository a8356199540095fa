//! Refreshes. Airtable rotates strictly: the old tokens are invalid as soon as the new ones exist, and a second use of
//! the old refresh token is a conflict, or ends the grant.

use std::collections::HashMap;

use axum::http::StatusCode;
use jiff::SignedDuration;
use parking_lot::Mutex;

use super::{scopes, token::TokenError};
use crate::{
    airtable::{Airtable, SharedBases, form::Fields, switches::DoubleRefresh},
    grants::{InvalidToken, Refresh, Rotation},
};

/// How often invalid refresh tokens of a grant were presented, by family.
#[derive(Default)]
pub(crate) struct ReuseCounts(Mutex<HashMap<u64, u32>>);

impl ReuseCounts {
    fn add(&self, family: u64) -> u32 {
        let mut counts = self.0.lock();
        let uses = counts.entry(family).or_default();
        *uses += 1;
        *uses
    }

    pub(crate) fn clear(&self) {
        self.0.lock().clear();
    }
}

/// Accepts tokens that were rotated out at any time, to tell them from unknown ones.
const ANY_GENERATION: Rotation = Rotation::Grace { seconds: u32::MAX };

/// The refresh token of the next generation, and the scopes of the access token: all that were granted, or the subset
/// that the request names.
pub(crate) fn rotate(
    airtable: &Airtable,
    fields: &Fields<'_>,
    client_id: &str,
) -> Result<(Refresh<SharedBases>, Vec<String>), TokenError> {
    let _one_at_a_time = airtable.rotating.lock();
    let token = fields.get("refresh_token").ok_or(TokenError::invalid_request("A required parameter is missing"))?;
    let used = valid_refresh(airtable, token)?;
    if used.client_id != client_id {
        return Err(invalid_token());
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

fn valid_refresh(airtable: &Airtable, token: &str) -> Result<Refresh<SharedBases>, TokenError> {
    let (now, switches) = (airtable.context.clock.now(), airtable.switches.get());
    let verified = airtable.grants.refresh::<SharedBases>(token, ANY_GENERATION, now);
    let refresh = verified.map_err(|invalid| {
        if matches!(invalid, InvalidToken::Reused) {
            airtable.grants.counters.reused_tokens.increment();
        }
        invalid_token()
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
        DoubleRefresh::RevokeAfter(uses) => {
            if airtable.reuse_counts.add(refresh.family) >= uses {
                airtable.grants.revoke(refresh.family);
            }
        }
    }
    Err(invalid_token())
}

fn invalid_token() -> TokenError {
    TokenError::invalid_grant("The refresh token is invalid, expired or was used before")
}

fn invalid_scope() -> TokenError {
    TokenError::bad_request("invalid_scope", "The scope must be part of what was granted")
}
