//! Notion: the pages that a person chose and what lies under them, databases, their data sources, and the rows of each.
//!
//! Facts: developers.notion.com/reference, "Authorization", "Search", "Query a data source", "Request limits"; OpenAPI of
//! 2026-03-11. Search does not promise rows, so each data source is queried for them.

mod listing;
mod object;
mod rows;
mod tree;
mod workspace;

use std::time::Duration;

use futures::{FutureExt, future::BoxFuture};
use serde::Deserialize;

use super::{Api, ClientAuth, Content, Encoding, Endpoint, OAuth, Provider, Quota, Source};
use crate::model::{Account, AppError};

pub(super) const PROVIDER: Provider = Provider {
    slug: "notion",
    name: "Notion",
    contents: &[
        Content { name: "pages", scope: None },
        Content { name: "databases", scope: None },
        Content { name: "rows", scope: None },
    ],
    // What an integration may do is set where it is registered.
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
        client: ClientAuth::Basic,
        encoding: Encoding::Json,
        rotates: true,
        ends_earlier: true,
    },
    refusals: &[
        ("object_not_found", "This is no longer shared with Tributary at Notion. Connect again and choose it."),
        (
            "restricted_resource",
            "The Notion integration may not read this: its capability to read content is switched off where it is registered.",
        ),
    ],
    // For a connection, in any plan; larger plans allow more and Notion does not say so in a header.
    quota: Quota::of(180, Duration::from_secs(60)),
    part_quota: None,
    identify,
    sources: |_| vec![Source::new("pages and databases", workspace::read)],
    nothing: "Nothing is shared with Tributary in this workspace. Connect again and choose pages, or open a page in Notion and add Tributary under its menu, Connections.",
    removed_in: "Notion's settings under Connections",
};

/// A workspace may be connected by several people; each has a bot of their own there, whose quota is its own.
fn identify(api: Api) -> BoxFuture<'static, Result<Account, AppError>> {
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
