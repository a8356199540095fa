//! Checks every API call before its endpoint sees it: the access token first, then the rate limits.

use std::sync::Arc;

use axum::{
    extract::{RawPathParams, Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{
    airtable::{
        Airtable, SharedBases,
        error::ApiError,
        workspace::catalog::{Base, Table},
    },
    grants::{Access, Rotation},
};

/// What the access token of a call permits.
#[derive(Clone)]
pub(crate) struct Caller {
    pub scopes: Vec<String>,
    /// Indexes of the bases that the user picked.
    pub bases: Vec<usize>,
}

impl Caller {
    pub(crate) fn has(&self, scope: &str) -> bool {
        self.scopes.iter().any(|granted| granted == scope)
    }

    /// Airtable returns the same error for a missing scope as for something that does not exist.
    pub(crate) fn require_scope(&self, scope: &str) -> Result<(), ApiError> {
        if self.has(scope) { Ok(()) } else { Err(ApiError::no_such_model()) }
    }

    /// A base that the user picked.
    pub(crate) fn base<'a>(&self, airtable: &'a Airtable, id: &str) -> Result<&'a Base, ApiError> {
        let mut chosen = self.bases.iter().filter_map(|index| airtable.catalog.bases.get(*index));
        chosen.find(|base| base.id == id).ok_or_else(ApiError::no_such_model)
    }

    /// A table of such a base, by id or name.
    pub(crate) fn table<'a>(&self, airtable: &'a Airtable, base: &str, table: &str) -> Result<&'a Table, ApiError> {
        let base = self.base(airtable, base)?;
        let mut tables = base.tables.iter().map(|index| &airtable.catalog.tables[*index]);
        tables.find(|known| known.id == table || known.definition.name == table).ok_or_else(ApiError::no_such_model)
    }
}

/// Every grant belongs to the same user.
const USER: &str = "the user";

/// Limits calls to 50 a second per user and 5 a second per base. Exceeding either rejects all calls for a while.
pub(crate) async fn check(
    State(airtable): State<Arc<Airtable>>,
    path: RawPathParams,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(access) = authenticate(&airtable, request.headers()) else {
        return ApiError::unauthenticated().into_response();
    };
    if airtable.context.settings().limits {
        let (now, switches) = (airtable.context.clock.now(), airtable.switches.get());
        let base = path.iter().find(|(name, _)| *name == "base").map(|(_, id)| id);
        // Only existing bases, so that made-up ids cannot fill the memory.
        let base = base.filter(|id| airtable.catalog.bases.iter().any(|base| base.id == *id));
        let user_limit = airtable.user_limit.acquire(USER, &switches, now);
        if user_limit.and_then(|()| base.map_or(Ok(()), |id| airtable.base_limit.acquire(id, &switches, now))).is_err()
        {
            return ApiError::rate_limited(switches.error_envelope_429).into_response();
        }
    }
    request.extensions_mut().insert(Caller { scopes: access.scopes, bases: access.resources.bases });
    next.run(request).await
}

fn authenticate(airtable: &Airtable, headers: &HeaderMap) -> Option<Access<SharedBases>> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let now = airtable.context.clock.now();
    let access = airtable.grants.access::<SharedBases>(token.trim())?;
    let is_over = now >= access.expires
        || airtable.grants.is_rotated_out(access.family, access.generation, Rotation::Dead, now)
        || airtable.grants.is_revoked(access.family);
    (!is_over).then_some(access)
}
