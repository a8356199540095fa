//! Airtable's stand-in, under `/airtable`: OAuth, and one made-up workspace of three bases that can be listed, described
//! and read.
//!
//! Clients put `http://host/airtable` in place of both `https://airtable.com` and `https://api.airtable.com`. What Airtable
//! does not document is a switch in the settings. Nothing can be written here, and there are no webhooks.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    middleware::from_fn_with_state,
    routing::{any, get, post},
};
use serde::{Deserialize, Serialize};

use self::{catalog::Catalog, list::Iterators, penalty::Penalty, refresh::BadTries, sheet::Sheet};
pub(crate) use self::{refusal::failure, switches::Switches};
use super::{
    grants::{Grants, Prefixes},
    records::Records,
    world::World,
};

mod authorize;
mod bearer;
mod catalog;
mod client;
mod comments;
mod consent;
mod form;
mod formula;
mod ids;
mod list;
mod meta;
mod penalty;
mod plan;
mod records;
mod refresh;
mod refusal;
mod schema;
mod scopes;
mod sheet;
mod switches;
mod token;

/// Airtable's tokens are opaque; these words only tell them apart in a log.
const PREFIXES: Prefixes = Prefixes { code: "oac", access: "oaa", refresh: "oar" };

/// What a grant holds beside its scopes.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Holder {
    /// The bases that the person chose, by their place in the workspace.
    bases: Vec<usize>,
}

pub(crate) struct Airtable {
    world: Arc<World>,
    grants: Grants,
    catalog: Catalog,
    iterators: Iterators,
    per_user: Penalty,
    per_base: Penalty,
    bad_tries: BadTries,
    /// Held while a refresh token is rotated, so that of two requests at the same moment one comes first.
    rotating: Mutex<()>,
}

impl Airtable {
    pub(crate) fn new(world: Arc<World>) -> Self {
        Self {
            grants: Grants::new("airtable", &PREFIXES, world.seed),
            catalog: Catalog::new(world.seed),
            iterators: Iterators::default(),
            per_user: Penalty::new(50),
            per_base: Penalty::new(5),
            bad_tries: BadTries::default(),
            rotating: Mutex::default(),
            world,
        }
    }

    /// Forgets everything that tells this stand-in from a new one.
    pub(crate) fn reset(&self) {
        self.grants.reset();
        self.iterators.clear();
        self.per_user.clear();
        self.per_base.clear();
        self.bad_tries.clear();
    }

    /// The workspace as it is at this moment.
    fn sheet(&self) -> Sheet<'_> {
        let total = self.world.settings().records.records.into();
        Sheet { catalog: &self.catalog, total, now: self.world.clock.now() }
    }
}

/// Every path of the stand-in. Routes are written out in full, because the counters name them.
pub(crate) fn routes(airtable: Arc<Airtable>) -> Router {
    let calls = Router::new()
        .route("/airtable/v0/meta/whoami", get(meta::whoami))
        .route("/airtable/v0/meta/bases", get(meta::bases).fallback(records::write))
        .route("/airtable/v0/meta/bases/{base}/tables", get(meta::tables).fallback(records::write))
        .route("/airtable/v0/{base}/{table}", get(list::get).fallback(records::write))
        // Airtable's own SDK writes this one.
        .route("/airtable/v0/{base}/{table}/", get(list::get).fallback(records::write))
        .route("/airtable/v0/{base}/{table}/listRecords", post(list::post))
        .route("/airtable/v0/{base}/{table}/{record}", get(records::read).fallback(records::write))
        .route("/airtable/v0/{base}/{table}/{record}/comments", get(comments::list).fallback(records::write))
        .route("/airtable/v0/{base}", any(records::nowhere))
        .route("/airtable/v0/{base}/{table}/{record}/{nothing}", any(records::nowhere))
        .route_layer(from_fn_with_state(airtable.clone(), bearer::admit));
    let oauth = Router::new()
        .route("/airtable/oauth2/v1/authorize", get(authorize::ask).post(authorize::answer))
        .route("/airtable/oauth2/v1/token", post(token::token))
        .route("/airtable/oauth2/v1/{nothing}", any(records::nowhere));
    Router::new().merge(calls).merge(oauth).with_state(airtable)
}

/// What a load that misses nothing finds, by the kind of item.
pub(crate) fn holds(records: Records) -> BTreeMap<&'static str, u64> {
    let tables: usize = plan::WORKSPACE.iter().map(|base| base.tables.len()).sum();
    BTreeMap::from([
        ("base", plan::WORKSPACE.len() as u64),
        ("table", tables as u64),
        ("record", records.records.into()),
    ])
}
