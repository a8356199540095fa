//! The first items of each stream, for a browser that cannot read a stream of events.

use std::sync::Arc;

use futures::{FutureExt, StreamExt, future::join_all};

use super::{Load, skips::Skips};
use crate::{
    model::{AppError, FirstPage, IntegrationItem, SkippedRecord},
    server::providers::{Pages, client::CallError},
};

/// How many items of a stream are enough.
const FIRST_ITEMS: usize = 100;

impl Load {
    /// Reads the first items of each stream that a load starts with, concurrently.
    pub async fn first_page(self) -> FirstPage {
        let provider = self.key.provider;
        let firsts = (provider.streams)(&self.account).into_iter().map(|stream| {
            let name = stream.name.clone();
            first_items(self.pages(stream, Arc::default()))
                .map(move |(items, skips, error)| (name, items, skips, error))
        });
        let mut page =
            FirstPage { provider: provider.name.to_owned(), items: Vec::new(), failures: Vec::new(), nothing: None };
        let mut failed = Vec::new();
        let mut skipped = 0;
        for (name, items, skips, error) in join_all(firsts).await {
            page.items.extend(items);
            skipped += skips.count;
            if let Some(first) = skips.first.first() {
                let SkippedRecord { id, reason } = first;
                let id = id.as_deref().unwrap_or("without an id");
                page.failures
                    .push(format!("{name}: {} skipped that can't be read, first {id}: {reason}.", skips.count));
            }
            if let Some(error) = error {
                let detail = AppError::from(error).detail;
                page.failures.push(format!("{name}: {detail}"));
                failed.push((name, detail));
            }
        }
        self.log.first_page(page.items.len() as u64, skipped, &failed).await;
        if page.items.is_empty() && page.failures.is_empty() {
            page.nothing = Some(provider.nothing.to_owned());
        }
        page
    }
}

/// Enough items, or all there are, or those before an error.
async fn first_items(mut pages: Pages) -> (Vec<IntegrationItem>, Skips, Option<CallError>) {
    let (mut items, mut skips) = (Vec::new(), Skips::default());
    while items.len() < FIRST_ITEMS {
        match pages.next().await {
            Some(Ok(batch)) => {
                items.extend(batch.items);
                skips.add(batch.skipped);
            }
            Some(Err(error)) => return (items, skips, Some(error)),
            None => break,
        }
    }
    (items, skips, None)
}
