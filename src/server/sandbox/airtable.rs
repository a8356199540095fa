//! Airtable's stand-in, under `/airtable`.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Router, http::StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{records::Records, world::World};

/// Airtable's undocumented behaviours.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Switches {}

pub(crate) struct Airtable {
    world: Arc<World>,
}

impl Airtable {
    pub(crate) fn new(world: Arc<World>) -> Self {
        Self { world }
    }

    /// Forgets everything that tells this stand-in from a new one.
    pub(crate) fn reset(&self) {
        let _ = &self.world;
    }
}

/// Every path of the stand-in. Routes are written out in full, because the counters name them.
pub(crate) fn routes(_airtable: Arc<Airtable>) -> Router {
    Router::new()
}

/// The body of an error that the sandbox was told to make.
pub(crate) fn failure(status: StatusCode, message: &str) -> Value {
    json!({"status": status.as_u16(), "message": message})
}

/// What a load that misses nothing finds, by the kind of item.
pub(crate) fn holds(records: Records) -> BTreeMap<&'static str, u64> {
    let _ = records;
    BTreeMap::new()
}
