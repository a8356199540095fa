//! HubSpot's stand-in, under `/hubspot`: OAuth, account details, and the contacts, companies and deals of one made-up account.
//!
//! Also how these belong together, who owns them, and the pipeline of the deals. Both spellings of the API are served,
//! `/crm/v3/objects/{type}` and `/crm/objects/2026-03/{type}`. What HubSpot does not document is a switch in the settings.
//! Nothing can be written, and there are no webhooks here.

use std::{collections::BTreeMap, sync::Arc};

use jiff::SignedDuration;

use self::daily::Daily;
pub(crate) use self::{routes::routes, switches::Switches};
use super::{
    grants::{Grants, Prefixes},
    limits::Window,
    records::Records,
    world::World,
};

mod account;
mod associations;
mod authorize;
mod bearer;
mod catalog;
mod consent;
mod daily;
mod introspect;
mod objects;
mod owners;
mod parameters;
mod pipelines;
mod properties;
mod refusal;
mod routes;
mod rows;
mod search;
mod selection;
mod switches;
mod token;
mod writes;

/// The account behind the stand-in.
const HUB_ID: u32 = 24_816_357;
const HUB_DOMAIN: &str = "acme-sandbox.com";
const USER_ID: u32 = 7_316_402;
const USER: &str = "sam.rivers@acme-sandbox.com";
const APP_ID: u32 = 1_204_877;
/// The account's clock is that of New York in winter, all year.
const UTC_OFFSET_SECONDS: i64 = -5 * 3600;

const PREFIXES: Prefixes = Prefixes { code: "na1-", access: "na1-", refresh: "na1-" };

pub(crate) struct Hubspot {
    world: Arc<World>,
    grants: Grants,
    /// 110 requests in any 10 seconds, for each app in an account.
    burst: Window,
    /// 5 searches in any second, for an account.
    searches: Window,
    daily: Daily,
}

impl Hubspot {
    pub(crate) fn new(world: Arc<World>) -> Self {
        let grants = Grants::new("hubspot", &PREFIXES, world.seed);
        let burst = Window::new(110, SignedDuration::from_secs(10));
        let searches = Window::new(5, SignedDuration::from_secs(1));
        Self { world, grants, burst, searches, daily: Daily::default() }
    }

    /// Forgets everything that tells this stand-in from a new one.
    pub(crate) fn reset(&self) {
        self.grants.reset();
        self.burst.clear();
        self.searches.clear();
        self.daily.clear();
    }
}

/// The body of an error that the sandbox was told to make.
pub(crate) fn failure(message: &str) -> serde_json::Value {
    serde_json::json!({"status": "error", "message": message})
}

/// What a load that misses nothing finds, by the kind of item.
pub(crate) fn holds(records: Records) -> BTreeMap<&'static str, u64> {
    BTreeMap::from([
        ("contact", records.contacts.into()),
        ("company", records.companies.into()),
        ("deal", records.deals.into()),
    ])
}
