//! HubSpot's stand-in, under `/hubspot`: OAuth, account details, and the contacts, companies and deals of one made-up account.
//!
//! Both spellings of the API are served, `/crm/v3/objects/{type}` and `/crm/objects/2026-03/{type}`. What HubSpot does not
//! document is a switch in the settings. There are no writes, associations, pipelines or webhooks here.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
    routing::{get, post},
};
use jiff::SignedDuration;

pub(crate) use self::switches::Switches;
use super::{
    grants::{Grants, Prefixes},
    limits::Window,
    records::Records,
    world::World,
};

mod account;
mod authorize;
mod bearer;
mod catalog;
mod consent;
mod introspect;
mod objects;
mod properties;
mod refusal;
mod rows;
mod search;
mod selection;
mod switches;
mod token;

/// The account behind the stand-in.
const HUB_ID: u32 = 24_816_357;
const HUB_DOMAIN: &str = "acme-sandbox.com";
const USER_ID: u32 = 7_316_402;
const USER: &str = "sam.rivers@acme-sandbox.com";
const APP_ID: u32 = 1_204_877;

const PREFIXES: Prefixes = Prefixes { code: "na1-", access: "na1-", refresh: "na1-" };

pub(crate) struct Hubspot {
    world: Arc<World>,
    grants: Grants,
    /// 110 requests in any 10 seconds, for each app in an account.
    burst: Window,
    /// 5 searches in any second, for an account.
    searches: Window,
}

impl Hubspot {
    pub(crate) fn new(world: Arc<World>) -> Self {
        let grants = Grants::new("hubspot", &PREFIXES, world.seed);
        let burst = Window::new(110, SignedDuration::from_secs(10));
        let searches = Window::new(5, SignedDuration::from_secs(1));
        Self { world, grants, burst, searches }
    }

    /// Forgets everything that tells this stand-in from a new one.
    pub(crate) fn reset(&self) {
        self.grants.reset();
        self.burst.clear();
        self.searches.clear();
    }
}

/// Every path of the stand-in. Routes are written out in full, because the counters name them.
pub(crate) fn routes(hubspot: Arc<Hubspot>) -> Router {
    let searches = Router::new()
        .route("/hubspot/crm/v3/objects/{type}/search", post(search::search))
        .route("/hubspot/crm/objects/{version}/{type}/search", post(search::search))
        .route_layer(from_fn_with_state(hubspot.clone(), bearer::admit_search));
    let calls = Router::new()
        .route("/hubspot/crm/v3/objects/{type}", get(objects::list))
        .route("/hubspot/crm/objects/{version}/{type}", get(objects::list))
        .route("/hubspot/crm/v3/objects/{type}/{id}", get(objects::read))
        .route("/hubspot/crm/objects/{version}/{type}/{id}", get(objects::read))
        .route("/hubspot/crm/v3/objects/{type}/batch/read", post(objects::batch::read))
        .route("/hubspot/crm/objects/{version}/{type}/batch/read", post(objects::batch::read))
        .route("/hubspot/crm/v3/properties/{type}", get(properties::list))
        .route("/hubspot/crm/properties/{version}/{type}", get(properties::list))
        .route("/hubspot/account-info/{version}/details", get(account::details))
        .route_layer(from_fn_with_state(hubspot.clone(), bearer::admit));
    let oauth = Router::new()
        .route("/hubspot/oauth/authorize", get(authorize::ask).post(authorize::answer))
        .route("/hubspot/oauth/{account}/authorize", get(authorize::ask).post(authorize::answer))
        .route("/hubspot/oauth/{version}/token", post(token::token))
        .route("/hubspot/oauth/{version}/token/introspect", post(introspect::introspect))
        .route("/hubspot/oauth/{version}/token/revoke", post(introspect::revoke))
        .route("/hubspot/oauth/v1/access-tokens/{token}", get(introspect::v1::access_token))
        .route(
            "/hubspot/oauth/v1/refresh-tokens/{token}",
            get(introspect::v1::refresh_token).delete(introspect::v1::delete),
        )
        .route_layer(from_fn_with_state(hubspot.clone(), switches::sunset));
    Router::new().merge(searches).merge(calls).merge(oauth).layer(from_fn(refusal::correlate)).with_state(hubspot)
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
