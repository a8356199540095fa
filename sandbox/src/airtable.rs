//! Airtable's stand-in, under `/airtable`: OAuth, and one workspace of three bases that can be listed, described and read.
//!
//! Clients use `http://host/airtable` in place of both `https://airtable.com` and `https://api.airtable.com`. Behaviour
//! that Airtable does not document is a [switch](switches::Switches). There are no writes and no webhooks.

use std::{collections::BTreeMap, sync::Arc};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use self::{
    api::list::Iterators,
    oauth::refresh::ReuseCounts,
    rate_limit::PenaltyLimit,
    switches::Switches,
    workspace::{catalog::Catalog, cells::Snapshot, definition::WORKSPACE},
};
use crate::{
    context::Context,
    grants::{Grants, Prefixes},
    records::Records,
    stand_in::{Running, StandIn, Switchboard},
};

mod api;
mod error;
mod form;
mod formula;
mod oauth;
mod rate_limit;
mod routes;
mod switches;
mod workspace;

pub(crate) const STAND_IN: StandIn = StandIn {
    slug: "airtable",
    name: "Airtable",
    // The records of all tables together.
    records: &[("records", 1500)],
    start,
    failure: error::failure,
    holds,
};

/// Airtable's tokens are opaque. The prefixes only tell them apart in a log.
const PREFIXES: Prefixes = Prefixes { code: "oac", access: "oaa", refresh: "oar" };

/// What a grant covers besides its scopes.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct SharedBases {
    /// Indexes of the bases that the user picked.
    bases: Vec<usize>,
}

struct Airtable {
    context: Arc<Context>,
    grants: Arc<Grants>,
    switches: Arc<Switchboard<Switches>>,
    catalog: Catalog,
    iterators: Iterators,
    user_limit: PenaltyLimit,
    base_limit: PenaltyLimit,
    reuse_counts: ReuseCounts,
    /// Held while a refresh token is rotated, so that of two concurrent refreshes one comes first.
    rotating: Mutex<()>,
}

impl Airtable {
    fn new(context: Arc<Context>) -> Self {
        Self {
            grants: Arc::new(Grants::new(STAND_IN.slug, &PREFIXES, context.seed)),
            switches: Arc::default(),
            catalog: Catalog::new(context.seed),
            iterators: Iterators::default(),
            user_limit: PenaltyLimit::new(50),
            base_limit: PenaltyLimit::new(5),
            reuse_counts: ReuseCounts::default(),
            rotating: Mutex::default(),
            context,
        }
    }

    fn reset(&self) {
        self.iterators.clear();
        self.user_limit.clear();
        self.base_limit.clear();
        self.reuse_counts.clear();
    }

    /// The workspace as it is at this moment.
    fn snapshot(&self) -> Snapshot<'_> {
        let total = self.context.settings().records.count("records").into();
        Snapshot { catalog: &self.catalog, total, now: self.context.clock.now() }
    }
}

fn start(context: Arc<Context>) -> Running {
    let airtable = Arc::new(Airtable::new(context));
    Running {
        stand_in: &STAND_IN,
        routes: routes::routes(airtable.clone()),
        grants: airtable.grants.clone(),
        switches: airtable.switches.clone(),
        reset: Box::new(move || airtable.reset()),
    }
}

fn holds(records: &Records) -> BTreeMap<&'static str, u64> {
    let tables: usize = WORKSPACE.iter().map(|base| base.tables.len()).sum();
    BTreeMap::from([
        ("base", WORKSPACE.len() as u64),
        ("table", tables as u64),
        ("record", records.count("records").into()),
    ])
}
