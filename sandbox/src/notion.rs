//! Notion's stand-in, under `/notion`: OAuth with its page picker, and the pages, databases, blocks and people of one
//! made-up workspace.
//!
//! Three versions of the API are served. What Notion does not document is a switch in the settings. The integration may only
//! read: whatever writes is refused, as it is without the capability. There are no comments, file uploads or webhooks here.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    http::StatusCode,
    middleware::{from_fn, from_fn_with_state},
    routing::{any, get, patch, post},
};
use serde_json::Value;

pub(crate) use self::switches::Switches;
use self::{
    budget::Budget,
    refusal::Refusal,
    token::Newest,
    workspace::{Share, Workspace, containers::DATABASES, schema::SOURCES},
};
use super::{
    grants::{Access, Grants, Prefixes},
    records::Records,
    world::{World, held},
};

mod authorize;
mod bearer;
mod blocks;
mod body;
mod budget;
mod client;
mod consent;
mod databases;
mod ids;
mod introspect;
mod pages;
mod paging;
mod query;
mod refusal;
mod reply;
mod search;
mod switches;
mod token;
mod users;
mod version;
mod workspace;

const PREFIXES: Prefixes = Prefixes { code: "", access: "ntn_", refresh: "nrt_" };

pub(crate) struct Notion {
    world: Arc<World>,
    grants: Grants,
    newest: Mutex<Newest>,
    /// 180 requests a minute, for each integration.
    connections: Budget,
    /// 600 requests a minute, for the workspace.
    workspaces: Budget,
}

impl Notion {
    pub(crate) fn new(world: Arc<World>) -> Self {
        let grants = Grants::new("notion", &PREFIXES, world.seed);
        Self { world, grants, newest: Mutex::default(), connections: Budget::new(180), workspaces: Budget::new(600) }
    }

    /// Forgets everything that tells this stand-in from a new one.
    pub(crate) fn reset(&self) {
        self.grants.reset();
        held(&self.newest).clear();
        self.connections.clear();
        self.workspaces.clear();
    }

    fn workspace(&self) -> Workspace {
        Workspace::of(&self.world)
    }

    /// Opens an access token that is neither expired nor replaced nor revoked.
    fn live_access(&self, token: &str) -> Option<Access<Share>> {
        let now = self.world.clock.now();
        let rotation = self.world.settings().notion.old_pair_after_refresh;
        let access: Access<Share> = self.grants.access(token, self.world.cuts("notion"))?;
        let is_over = now >= access.expires
            || self.grants.is_revoked(access.family)
            || self.grants.is_outlived(access.family, access.generation, rotation, now);
        (!is_over).then_some(access)
    }

    /// An error of OAuth, spelled as the settings say.
    fn oauth(&self, code: &'static str, message: &'static str) -> Refusal {
        Refusal::oauth(self.world.settings().notion.oauth_error_keys, code, message)
    }
}

/// Every path of the stand-in. Routes are written out in full, because the counters name them.
pub(crate) fn routes(notion: Arc<Notion>) -> Router {
    let calls = Router::new()
        .route("/notion/v1/search", post(search::search))
        .route("/notion/v1/data_sources", post(restricted))
        .route("/notion/v1/data_sources/{id}", get(databases::data_source).patch(restricted))
        .route("/notion/v1/data_sources/{id}/query", post(query::data_source))
        .route("/notion/v1/databases", post(restricted))
        .route("/notion/v1/databases/{id}", get(databases::database).patch(restricted))
        .route("/notion/v1/databases/{id}/query", post(query::database))
        .route("/notion/v1/pages", post(restricted))
        .route("/notion/v1/pages/{id}", get(pages::read).patch(restricted))
        .route("/notion/v1/pages/{id}/move", post(restricted))
        .route("/notion/v1/pages/{id}/properties/{property}", get(pages::property::read))
        .route("/notion/v1/blocks/{id}", get(blocks::read).patch(restricted).delete(restricted))
        .route("/notion/v1/blocks/{id}/children", get(blocks::children).patch(restricted))
        .route("/notion/v1/comments", get(blocks::comments).post(restricted))
        .route("/notion/v1/file_uploads", post(restricted))
        .route("/notion/v1/users", get(users::list))
        .route("/notion/v1/users/me", get(users::me))
        .route("/notion/v1/users/{id}", get(users::read))
        .route("/notion/v1/pages/{id}/markdown", patch(restricted))
        .route_layer(from_fn_with_state(notion.clone(), bearer::admit));
    let oauth = Router::new()
        .route("/notion/v1/oauth/authorize", get(authorize::ask).post(authorize::answer))
        .route("/notion/v1/oauth/token", post(token::token))
        .route("/notion/v1/oauth/introspect", post(introspect::introspect))
        .route("/notion/v1/oauth/revoke", post(introspect::revoke));
    Router::new()
        .merge(calls)
        .merge(oauth)
        .route("/notion/{*rest}", any(unknown))
        .method_not_allowed_fallback(unknown)
        .layer(from_fn(reply::identify))
        .with_state(notion)
}

async fn restricted() -> Refusal {
    Refusal::restricted()
}

async fn unknown() -> Refusal {
    Refusal::invalid_url()
}

/// The body of an error that the sandbox was told to make, in Notion's own words where it has some for the status.
pub(crate) fn failure(status: StatusCode, message: &str) -> Value {
    let mut body = refusal::failure(status, message).body();
    body["request_id"] = reply::new_request_id().into();
    body
}

/// What a load that misses nothing finds, by the kind of item.
pub(crate) fn holds(records: Records) -> BTreeMap<&'static str, u64> {
    BTreeMap::from([
        ("page", u64::from(records.pages) + u64::from(records.rows)),
        ("database", DATABASES.len() as u64),
        ("data_source", SOURCES.len() as u64),
    ])
}
