//! Who calls an API: the bearer token is checked and the call counted against the limits before an endpoint sees it.

use std::sync::Arc;

use axum::{
    extract::{RawPathParams, Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    Airtable, Holder,
    catalog::{Base, Table},
    refusal::Refusal,
};
use crate::grants::{Access, Rotation};

/// What the token of a call allows.
#[derive(Clone)]
pub(crate) struct Caller {
    pub scopes: Vec<String>,
    /// Indexes of the bases that the person chose.
    pub bases: Vec<usize>,
}

impl Caller {
    pub(crate) fn has(&self, scope: &str) -> bool {
        self.scopes.iter().any(|granted| granted == scope)
    }

    /// Refuses a caller without this scope, in the words that also stand for what is not there.
    pub(crate) fn needs(&self, scope: &str) -> Result<(), Refusal> {
        if self.has(scope) { Ok(()) } else { Err(Refusal::no_such_model()) }
    }

    /// A base that the person chose.
    pub(crate) fn base<'a>(&self, airtable: &'a Airtable, id: &str) -> Result<&'a Base, Refusal> {
        let mut chosen = self.bases.iter().filter_map(|index| airtable.catalog.bases.get(*index));
        chosen.find(|base| base.id == id).ok_or_else(Refusal::no_such_model)
    }

    /// A table of such a base, by its id or its name.
    pub(crate) fn table<'a>(&self, airtable: &'a Airtable, base: &str, table: &str) -> Result<&'a Table, Refusal> {
        let base = self.base(airtable, base)?;
        let mut tables = base.tables.iter().map(|index| &airtable.catalog.tables[*index]);
        tables.find(|known| known.id == table || known.plan.name == table).ok_or_else(Refusal::no_such_model)
    }
}

/// There is only one person, behind every grant.
const USER: &str = "the user";

/// 50 calls in a second for a person, 5 for a base; over either, everything is refused for a while.
pub(crate) async fn admit(
    State(airtable): State<Arc<Airtable>>,
    path: RawPathParams,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(access) = authenticate(&airtable, request.headers()) else {
        return Refusal::unauthenticated().into_response();
    };
    let settings = airtable.world.settings();
    if settings.limits {
        let (now, switches) = (airtable.world.clock.now(), &settings.airtable);
        let base = path.iter().find(|(name, _)| *name == "base").map(|(_, id)| id);
        // Only bases that there are: made-up ids would fill the memory.
        let base = base.filter(|id| airtable.catalog.bases.iter().any(|base| base.id == *id));
        let per_user = airtable.per_user.knock(USER, switches, now);
        if per_user.and_then(|()| base.map_or(Ok(()), |id| airtable.per_base.knock(id, switches, now))).is_err() {
            return Refusal::rate_limited(switches.error_envelope_429).into_response();
        }
    }
    request.extensions_mut().insert(Caller { scopes: access.scopes, bases: access.holder.bases });
    next.run(request).await
}

fn authenticate(airtable: &Airtable, headers: &HeaderMap) -> Option<Access<Holder>> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let now = airtable.world.clock.now();
    let access = airtable.grants.access::<Holder>(token.trim(), airtable.world.cuts("airtable"))?;
    let is_dead = now >= access.expires
        || airtable.grants.is_outlived(access.family, access.generation, Rotation::Dead, now)
        || airtable.grants.is_revoked(access.family);
    (!is_dead).then_some(access)
}
