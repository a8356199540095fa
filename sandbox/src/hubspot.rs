//! HubSpot's stand-in, under `/hubspot`: OAuth, the account's details, and its contacts, companies and deals with their
//! associations, owners, properties and pipelines.
//!
//! Both spellings of the API are served, `/crm/v3/objects/{type}` and `/crm/objects/2026-03/{type}`. Behaviour that HubSpot
//! does not document is a [switch](switches::Switches). There are no writes and no webhooks.

use std::{collections::BTreeMap, sync::Arc};

use axum::{http::StatusCode, response::Response};
use jiff::SignedDuration;
use serde_json::json;

use self::{daily_limit::DailyLimit, switches::Switches};
use crate::{
    context::Context,
    grants::{Grants, Prefixes},
    rate_limit::RollingWindow,
    records::Records,
    reply,
    stand_in::{Running, StandIn, Switchboard},
};

mod api;
mod daily_limit;
mod data;
mod error;
mod oauth;
mod routes;
mod switches;

pub(crate) const STAND_IN: StandIn = StandIn {
    slug: "hubspot",
    name: "HubSpot",
    records: &[("contacts", 1200), ("companies", 400), ("deals", 300)],
    start,
    failure,
    holds,
};

/// The account that every grant belongs to.
const HUB_ID: u32 = 24_816_357;
const HUB_DOMAIN: &str = "acme-sandbox.com";
const USER_ID: u32 = 7_316_402;
const USER: &str = "sam.rivers@acme-sandbox.com";
const APP_ID: u32 = 1_204_877;
/// The account's time zone is New York in winter, all year.
const UTC_OFFSET_SECONDS: i64 = -5 * 3600;

const PREFIXES: Prefixes = Prefixes { code: "na1-", access: "na1-", refresh: "na1-" };

struct Hubspot {
    context: Arc<Context>,
    grants: Arc<Grants>,
    switches: Arc<Switchboard<Switches>>,
    /// 110 requests in any 10 seconds, for each app.
    burst: RollingWindow,
    /// 5 searches in any second, for the account.
    searches: RollingWindow,
    daily: DailyLimit,
}

impl Hubspot {
    fn new(context: Arc<Context>) -> Self {
        Self {
            grants: Arc::new(Grants::new(STAND_IN.slug, &PREFIXES, context.seed)),
            context,
            switches: Arc::default(),
            burst: RollingWindow::new(110, SignedDuration::from_secs(10)),
            searches: RollingWindow::new(5, SignedDuration::from_secs(1)),
            daily: DailyLimit::default(),
        }
    }

    fn reset(&self) {
        self.burst.clear();
        self.searches.clear();
        self.daily.clear();
    }
}

fn start(context: Arc<Context>) -> Running {
    let hubspot = Arc::new(Hubspot::new(context));
    Running {
        stand_in: &STAND_IN,
        routes: routes::routes(hubspot.clone()),
        grants: hubspot.grants.clone(),
        switches: hubspot.switches.clone(),
        reset: Box::new(move || hubspot.reset()),
    }
}

fn failure(status: StatusCode, message: &str) -> Response {
    reply::json(status, &json!({"status": "error", "message": message}))
}

fn holds(records: &Records) -> BTreeMap<&'static str, u64> {
    BTreeMap::from([
        ("contact", records.count("contacts").into()),
        ("company", records.count("companies").into()),
        ("deal", records.count("deals").into()),
    ])
}
