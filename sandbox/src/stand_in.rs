//! The table of stand-ins. A further provider is a module of its own and one line in [`ALL`].
//!
//! No code outside a stand-in's module names a provider or asks which one it is dealing with: what differs between
//! providers is in this table.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    http::{StatusCode, Uri},
    response::Response,
};
use parking_lot::Mutex;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{context::Context, grants::Grants, records::Records, reply};

/// In the order in which the sandbox lists them. A plain total in [`Records`] applies to the first one.
pub(crate) static ALL: &[StandIn] = &[
    crate::hubspot::STAND_IN,
    crate::notion::STAND_IN,
    crate::airtable::STAND_IN,
    #[cfg(feature = "example")]
    crate::example::STAND_IN,
];

pub(crate) struct StandIn {
    /// The first segment of its paths, and its key in settings and counters.
    pub slug: &'static str,
    /// The provider's name as people write it.
    pub name: &'static str,
    /// The kinds of records whose number can be set, each with its default. No two stand-ins share a kind.
    pub records: &'static [(&'static str, u32)],
    pub start: fn(Arc<Context>) -> Running,
    /// An error response in the provider's format, for faults. The message is for statuses the provider does not
    /// document.
    pub failure: fn(StatusCode, &str) -> Response,
    /// How many items of each type a complete load finds.
    pub holds: fn(&Records) -> BTreeMap<&'static str, u64>,
}

/// A stand-in that belongs to one sandbox.
pub(crate) struct Running {
    pub stand_in: &'static StandIn,
    pub routes: Router,
    pub grants: Arc<Grants>,
    pub switches: Arc<dyn AnySwitches>,
    /// Clears what the stand-in remembers besides its grants, such as rate limit windows.
    pub reset: Box<dyn Fn() + Send + Sync>,
}

/// The current values of a stand-in's switches.
#[derive(Default)]
pub(crate) struct Switchboard<T>(Mutex<T>);

impl<T: Clone> Switchboard<T> {
    pub(crate) fn get(&self) -> T {
        self.0.lock().clone()
    }
}

/// A [`Switchboard`] as the control endpoints see it: as JSON.
pub(crate) trait AnySwitches: Send + Sync {
    fn to_json(&self) -> Value;
    /// Fails if [`AnySwitches::set`] would not accept `switches`.
    fn check(&self, switches: &Value) -> serde_json::Result<()>;
    fn set(&self, switches: &Value) -> serde_json::Result<()>;
}

impl<T: Serialize + DeserializeOwned + Send> AnySwitches for Switchboard<T> {
    fn to_json(&self) -> Value {
        serde_json::to_value(&*self.0.lock()).unwrap_or_default()
    }

    fn check(&self, switches: &Value) -> serde_json::Result<()> {
        T::deserialize(switches).map(drop)
    }

    fn set(&self, switches: &Value) -> serde_json::Result<()> {
        *self.0.lock() = T::deserialize(switches)?;
        Ok(())
    }
}

/// The stand-in that serves a path.
pub(crate) fn serving(path: &str) -> Option<&'static StandIn> {
    let slug = path.split('/').nth(1)?;
    ALL.iter().find(|stand_in| stand_in.slug == slug)
}

/// `hubspot, notion, airtable`
pub(crate) fn slugs() -> String {
    ALL.iter().map(|stand_in| stand_in.slug).collect::<Vec<_>>().join(", ")
}

/// 404 for a path that no route matches.
pub(crate) async fn no_such_path(uri: Uri) -> Response {
    if let Some(stand_in) = serving(uri.path()) {
        return (stand_in.failure)(StatusCode::NOT_FOUND, "The sandbox does not serve this path.");
    }
    let message = format!("No stand-in serves {}. The stand-ins are: {}.", uri.path(), slugs());
    reply::json(StatusCode::NOT_FOUND, &json!({"message": message}))
}
