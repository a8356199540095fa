//! The version of the layout, which marks a database as ours.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use anyhow::Context;
use fred::{error::Error, prelude::EventInterface, types::Value};

use super::{
    NO_ANSWER,
    command::{Command, PREFIX},
    router::Router,
    scan,
};
use crate::server::store::{LAYOUT, LayoutMismatch};

const KEY: &str = "layout";

/// How often the layout is marked again.
const INTERVAL: Duration = Duration::from_secs(2);

/// Refuses a database of another layout, and marks a new one as ours.
pub(super) async fn check(router: &Arc<Router>) -> anyhow::Result<()> {
    let layout = async || -> Result<Option<String>, Error> {
        router.send(KEY, Command::new("GET").key(KEY)).await.and_then(Value::convert)
    };
    let mut found = layout().await.context(NO_ANSWER)?;
    let is_empty = found.is_none() && is_empty(router).await?;
    if found.is_none() && !is_empty {
        // Another process may have started at the same moment, so its layout is read again.
        found = layout().await.context(NO_ANSWER)?;
    }
    // What is not a number is no layout of ours either.
    let found = found.map(|layout| layout.parse().unwrap_or_default());
    LayoutMismatch::check(found, is_empty, || {
        (
            "The Redis database of REDIS_URL".to_owned(),
            format!("delete its keys that begin with {PREFIX}, or use another database"),
        )
    })?;
    mark(router).await.context(NO_ANSWER)?;
    // After a failover to an empty server, what this process writes there is of its layout.
    if let [node] = router.primaries().as_slice() {
        let router = Arc::downgrade(router);
        node.client().on_reconnect(move |_| {
            let router = router.clone();
            async move {
                match router.upgrade() {
                    Some(router) => mark(&router).await,
                    None => Ok(()),
                }
            }
        });
    }
    Ok(())
}

/// Marks the layout again and again, since the mark may be lost while this process runs: by `FLUSHDB`, or by eviction.
pub(super) async fn mark_while_alive(router: Arc<Router>, store: Weak<()>) {
    let mut ticks = tokio::time::interval(INTERVAL);
    loop {
        ticks.tick().await;
        if store.strong_count() == 0 {
            return;
        }
        // Other commands report that the server fails.
        let _ = mark(&router).await;
    }
}

async fn mark(router: &Router) -> Result<(), Error> {
    let set = Command::new("SET").key(KEY).with(&LAYOUT.to_string()).with("NX");
    router.send(KEY, set).await.map(|_| ())
}

/// Whether no server has a key of ours.
async fn is_empty(router: &Router) -> anyhow::Result<bool> {
    let mut after = None;
    loop {
        let page = scan::page(router, "", scan::Kind::All, after.as_deref()).await?;
        if !page.keys.is_empty() || page.next.is_none() {
            return Ok(page.keys.is_empty());
        }
        after = page.next;
    }
}
