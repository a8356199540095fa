//! Following a cursor from the first page to the last.

use std::collections::HashSet;

use futures::{
    Stream,
    stream::{self, BoxStream},
};

use crate::model::{AppError, ErrorCode, IntegrationItem};

/// A provider's pages, as items.
pub type Pages = BoxStream<'static, Result<Vec<IntegrationItem>, AppError>>;

/// One answer of a paged endpoint.
pub struct Page {
    /// What was on it.
    pub items: Vec<IntegrationItem>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<String>,
}

/// Fetches with no cursor first, then with each cursor that the page before named. The next page is asked for when the
/// stream is polled for it, so no more than one is in flight.
///
/// A provider that names a cursor again would be followed for ever: that ends the stream as failed.
pub fn follow<F, Reply>(fetch: F) -> impl Stream<Item = Result<Vec<IntegrationItem>, AppError>> + Send
where
    F: Fn(Option<String>) -> Reply + Send,
    Reply: Future<Output = Result<Page, AppError>> + Send,
{
    stream::try_unfold((fetch, Cursor::First, HashSet::new()), |(fetch, cursor, mut seen)| async move {
        let at = match cursor {
            Cursor::First => None,
            Cursor::At(next) => Some(next),
            Cursor::End => return Ok(None),
        };
        let page = fetch(at).await?;
        if page.next.clone().is_some_and(|next| !seen.insert(next)) {
            let detail = "The provider named the same page twice, so this was not read to its end. Load again.";
            return Err(AppError::new(ErrorCode::ProviderUnavailable, detail));
        }
        Ok(Some((page.items, (fetch, page.next.map_or(Cursor::End, Cursor::At), seen))))
    })
}

enum Cursor {
    First,
    At(String),
    End,
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::{StreamExt, TryStreamExt, future};

    fn page(id: &str, next: Option<&str>) -> Page {
        Page { items: vec![IntegrationItem::new("contact", id.into())], next: next.map(Into::into) }
    }

    #[tokio::test]
    async fn every_page_is_read_to_the_last() {
        let pages = follow(|at| {
            future::ready(Ok(match at.as_deref() {
                None => page("1", Some("b")),
                Some("b") => page("2", Some("c")),
                _ => page("3", None),
            }))
        });
        let ids: Vec<_> = pages.try_concat().await.unwrap().into_iter().map(|item| item.id).collect();
        assert_eq!(ids, ["1", "2", "3"]);
    }

    #[tokio::test]
    async fn a_cursor_that_repeats_ends_the_stream_as_failed() {
        let next = |at: Option<&str>| if at == Some("a") { "b" } else { "a" };
        let pages: Vec<_> = follow(|at| future::ready(Ok(page("1", Some(next(at.as_deref())))))).collect().await;
        assert!(pages.len() == 3 && pages[1].is_ok() && pages[2].is_err());
    }
}
