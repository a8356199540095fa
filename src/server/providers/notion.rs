//! Notion: the pages that the user chose with everything below them, databases, their data sources, and the rows of each.
//!
//! Facts: developers.notion.com/reference, "Authorization", "Search", "Query a data source", "Request limits"; OpenAPI of
//! 2026-03-11. Search does not promise to return rows, so each data source is queried for them.

#[cfg(test)]
mod fuzz;
mod listing;
mod object;
mod rows;
mod tree;
mod workspace;

use std::time::Duration;

use futures::{FutureExt, future::BoxFuture};
use serde::Deserialize;

use super::{
    Content, Encoding, Endpoint, ItemStream, OAuth, Provider, RateLimit,
    client::{ApiClient, CallError},
};
use crate::model::Account;

pub(super) const PROVIDER: Provider = Provider {
    slug: "notion",
    name: "Notion",
    contents: &[
        Content { name: "pages", scope: None },
        Content { name: "databases", scope: None },
        Content { name: "rows", scope: None },
    ],
    // An integration's capabilities are configured where it is registered.
    scopes: "",
    headers: &[("Notion-Version", "2026-03-11")],
    auth_url: "https://api.notion.com",
    api_url: "https://api.notion.com",
    oauth: OAuth {
        authorize: "/v1/oauth/authorize",
        authorize_extra: &[("owner", "user")],
        token: Endpoint::Api("/v1/oauth/token"),
        introspect: Some(Endpoint::Api("/v1/oauth/introspect")),
        revoke: Some(Endpoint::Api("/v1/oauth/revoke")),
        encoding: Encoding::Json,
        // The token endpoint answers some errors in the form of the data API.
        error_fields: &["error", "code"],
        rotates: true,
        invalidates_earlier_grants: true,
        ..OAuth::STANDARD
    },
    error_code_at: &["/code"],
    final_errors: &[
        ("object_not_found", "This is no longer shared with Tributary at Notion. Reconnect and choose it."),
        (
            "restricted_resource",
            "The Notion integration may not read this: its capability to read content is switched off where it is registered.",
        ),
    ],
    transient_statuses: &[],
    // For a connection, in any plan. Larger plans allow more, but no header says so.
    rate_limit: RateLimit::new(180, Duration::from_secs(60)),
    part_rate_limit: None,
    identify,
    streams: |_| vec![ItemStream::new("pages and databases", workspace::read)],
    nothing: "Nothing is shared with Tributary in this workspace. Reconnect and choose pages, or open a page in Notion and add Tributary in its menu under Connections.",
    removed_in: "Notion's settings under Connections",
};

/// The account is the bot: each user who connects a workspace has a bot of their own there, with its own rate limit.
fn identify(api: ApiClient) -> BoxFuture<'static, Result<Account, CallError>> {
    async move {
        let me: Me = api.get("/v1/users/me", &[]).await?;
        let name = me.bot.and_then(|bot| bot.workspace_name).or(me.name);
        Ok(Account { id: me.id, name, url: None })
    }
    .boxed()
}

#[derive(Deserialize)]
struct Me {
    id: String,
    name: Option<String>,
    bot: Option<Bot>,
}

#[derive(Deserialize)]
struct Bot {
    workspace_name: Option<String>,
}

#[cfg(test)]
mod tests;
