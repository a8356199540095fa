//! The first items of each stream, for a browser that cannot read a stream of events.

use std::sync::Arc;

use futures::{FutureExt, StreamExt, future::join_all};

use super::Load;
use crate::{
    model::{AppError, FirstPage, IntegrationItem},
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
            first_items(self.pages(stream, Arc::default())).map(move |(items, error)| (name, items, error))
        });
        let mut page =
            FirstPage { provider: provider.name.to_owned(), items: Vec::new(), failures: Vec::new(), nothing: None };
        let mut failed = Vec::new();
        for (name, items, error) in join_all(firsts).await {
            page.items.extend(items);
            failed.extend(error.map(|error| (name, AppError::from(error).detail)));
        }
        page.failures = failed.iter().map(|(name, detail)| format!("{name}: {detail}")).collect();
        self.log.first_page(page.items.len() as u64, &failed).await;
        if page.items.is_empty() && page.failures.is_empty() {
            page.nothing = Some(provider.nothing.to_owned());
        }
        page
    }
}

/// Enough items, or all there are, or those before an error.
async fn first_items(mut pages: Pages) -> (Vec<IntegrationItem>, Option<CallError>) {
    let mut items = Vec::new();
    while items.len() < FIRST_ITEMS {
        match pages.next().await {
            Some(Ok(batch)) => items.extend(batch.items),
            Some(Err(error)) => return (items, Some(error)),
            None => break,
        }
    }
    (items, None)
}
