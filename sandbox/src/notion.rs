//! Notion's stand-in, under `/notion`: OAuth with its page picker, and the pages, databases, blocks and users of one
//! workspace.
//!
//! Three versions of the API are served. Behaviour that Notion does not document is a [switch](switches::Switches). The
//! integration may only read: writes fail as they do without the capability. There are no comments, file uploads or
//! webhooks.

use std::{collections::BTreeMap, sync::Arc};

use axum::{http::StatusCode, response::Response};
use parking_lot::Mutex;

use self::{
    error::ApiError,
    oauth::token::NewestGrants,
    rate_limit::FixedWindow,
    switches::Switches,
    workspace::{Share, Workspace, containers::DATABASES, schema::SOURCES},
};
use crate::{
    context::Context,
    grants::{Access, Grants, Prefixes},
    records::Records,
    stand_in::{Running, StandIn, Switchboard},
};

mod api;
mod error;
mod ids;
mod oauth;
mod rate_limit;
mod reply;
mod routes;
mod switches;
mod version;
mod workspace;

pub(crate) const STAND_IN: StandIn = StandIn {
    slug: "notion",
    name: "Notion",
    // Pages outside of data sources, and the rows of all data sources together.
    records: &[("pages", 400), ("rows", 600)],
    start,
    failure,
    holds,
};

const PREFIXES: Prefixes = Prefixes { code: "", access: "ntn_", refresh: "nrt_" };

struct Notion {
    context: Arc<Context>,
    grants: Arc<Grants>,
    switches: Arc<Switchboard<Switches>>,
    newest: Mutex<NewestGrants>,
    /// 180 requests a minute, for each integration.
    connection_limit: FixedWindow,
    /// 600 requests a minute, for the workspace.
    workspace_limit: FixedWindow,
}

impl Notion {
    fn new(context: Arc<Context>) -> Self {
        Self {
            grants: Arc::new(Grants::new(STAND_IN.slug, &PREFIXES, context.seed)),
            context,
            switches: Arc::default(),
            newest: Mutex::default(),
            connection_limit: FixedWindow::new(180),
            workspace_limit: FixedWindow::new(600),
        }
    }

    fn reset(&self) {
        self.newest.lock().clear();
        self.connection_limit.clear();
        self.workspace_limit.clear();
    }

    fn workspace(&self) -> Workspace {
        let records = self.context.settings().records;
        Workspace::new(
            self.context.seed,
            records.count("pages"),
            records.count("rows"),
            self.switches.get().crowded_minute,
            self.context.clock.now(),
        )
    }

    /// Verifies an access token that is not expired, replaced or revoked.
    fn valid_access(&self, token: &str) -> Option<Access<Share>> {
        let now = self.context.clock.now();
        let rotation = self.switches.get().old_pair_after_refresh;
        let access: Access<Share> = self.grants.access(token)?;
        let is_over = now >= access.expires
            || self.grants.is_revoked(access.family)
            || self.grants.is_rotated_out(access.family, access.generation, rotation, now);
        (!is_over).then_some(access)
    }

    /// An OAuth error, with the keys that the switches select.
    fn oauth_error(&self, code: &'static str, message: &'static str) -> ApiError {
        ApiError::oauth(self.switches.get().oauth_error_keys, code, message)
    }
}

fn start(context: Arc<Context>) -> Running {
    let notion = Arc::new(Notion::new(context));
    Running {
        stand_in: &STAND_IN,
        routes: routes::routes(notion.clone()),
        grants: notion.grants.clone(),
        switches: notion.switches.clone(),
        reset: Box::new(move || notion.reset()),
    }
}

fn failure(status: StatusCode, message: &str) -> Response {
    reply::identified(error::for_status(status, message).into_reply())
}

fn holds(records: &Records) -> BTreeMap<&'static str, u64> {
    BTreeMap::from([
        ("page", u64::from(records.count("pages")) + u64::from(records.count("rows"))),
        ("database", DATABASES.len() as u64),
        ("data_source", SOURCES.len() as u64),
    ])
}
