//! Streams of items, and following a cursor from the first page to the last.

use std::collections::HashSet;

use futures::{
    Stream, StreamExt, TryStreamExt,
    stream::{self, BoxStream},
};

use super::{
    client::{ApiClient, CallError},
    label::{label, web_url},
};
use crate::model::{IntegrationItem, SkippedRecord};

/// The batches of a stream, up to its end or its first error.
pub type Pages = BoxStream<'static, Result<Batch, CallError>>;

/// The maximum length of a stream's name in characters. Users choose the names of some.
const MAX_NAME: usize = 200;

/// The maximum length of a cursor in bytes.
pub(super) const MAX_CURSOR: usize = 8192;

/// Items that arrived together, and further streams that they lead to.
#[derive(Default)]
pub struct Batch {
    /// In the provider's order.
    pub items: Vec<IntegrationItem>,
    /// Streams that were discovered; they run concurrently.
    pub streams: Vec<ItemStream>,
    /// Records that are not among the items, because they are not in the provider's documented form.
    pub skipped: Vec<SkippedRecord>,
}

/// A stream of a load: a list of items that is read page by page.
pub struct ItemStream {
    /// Its name in reports, such as `contacts` or `Launches / Tasks`.
    pub name: String,
    /// The scope that reading it requires.
    pub scope: Option<&'static str>,
    /// Reads all of it. Dropping the pages stops reading.
    read: Box<dyn FnOnce(ApiClient) -> Pages + Send>,
}

impl ItemStream {
    /// A stream that requires no scope.
    pub fn new(name: impl Into<String>, read: impl FnOnce(ApiClient) -> Pages + Send + 'static) -> Self {
        Self { name: label(&name.into(), MAX_NAME), scope: None, read: Box::new(read) }
    }

    /// The same stream, with the scope that it requires.
    pub fn with_scope(self, scope: &'static str) -> Self {
        Self { scope: Some(scope), ..self }
    }

    /// A stream that is known to fail, so that the report names it.
    pub fn failed(name: impl Into<String>, error: CallError) -> Self {
        Self::new(name, move |_| Box::pin(stream::iter([Err(error)])))
    }

    /// What is in a skipped record, such as the tables of a base, is a stream that fails. `what` is the record's kind.
    pub fn of_skipped(prefix: &str, what: &str, record: &SkippedRecord) -> Self {
        let name = match &record.id {
            Some(id) => format!("{prefix}{what} {id}"),
            None => format!("{prefix}{what} without a known id"),
        };
        let detail = format!("This {what} can't be read: {}. Nothing in it was read either.", record.reason);
        Self::failed(name, CallError::new(detail))
    }

    /// Starts to read it. All items of all providers pass through here.
    pub fn read(self, client: ApiClient) -> Pages {
        let pages = (self.read)(client).map_ok(|mut batch| {
            for item in &mut batch.items {
                item.url = item.url.take().and_then(web_url);
            }
            batch
        });
        pages.boxed()
    }
}

impl From<Vec<IntegrationItem>> for Batch {
    fn from(items: Vec<IntegrationItem>) -> Self {
        Self { items, ..Self::default() }
    }
}

/// One page of a paginated endpoint.
pub struct Page<T> {
    pub content: T,
    /// The cursor of the next page; `None` on the last.
    pub next: Option<String>,
}

/// Fetches the first page without a cursor, then each page with the cursor of the one before. A page is fetched when the
/// stream is polled for it, so at most one is in flight.
///
/// A provider that returns a cursor twice would be followed for ever, so that fails the stream.
pub fn paginate<T, F, Reply>(fetch: F) -> impl Stream<Item = Result<T, CallError>> + Send
where
    T: Send,
    F: Fn(Option<String>) -> Reply + Send,
    Reply: Future<Output = Result<Page<T>, CallError>> + Send,
{
    stream::try_unfold((fetch, Position::First, HashSet::new()), |(fetch, position, mut seen)| async move {
        let cursor = match position {
            Position::First => None,
            Position::Cursor(cursor) => Some(cursor),
            Position::Repeated => return Err(repeated_cursor()),
            Position::End => return Ok(None),
        };
        let Page { content, next } = fetch(cursor).await?;
        let position = match next {
            Some(next) if next.len() > MAX_CURSOR => return Err(oversized_cursor()),
            Some(next) if seen.insert(next.clone()) => Position::Cursor(next),
            Some(_) => Position::Repeated,
            None => Position::End,
        };
        Ok(Some((content, (fetch, position, seen))))
    })
}

/// The provider returned a cursor that it had returned before.
pub(super) fn repeated_cursor() -> CallError {
    CallError::new("The provider returned the same page twice, so this was not read to its end. Load again.")
}

pub(super) fn oversized_cursor() -> CallError {
    CallError::new(
        "The provider returned a cursor of more than 8 KB, which Tributary doesn't follow, so this was not read to its end.",
    )
}

enum Position {
    First,
    Cursor(String),
    Repeated,
    End,
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future;

    fn page(id: &str, next: Option<&str>) -> Result<Page<Vec<String>>, CallError> {
        Ok(Page { content: vec![id.to_owned()], next: next.map(Into::into) })
    }

    #[tokio::test]
    async fn every_page_is_read_up_to_the_last() {
        let pages = paginate(|at| {
            future::ready(match at.as_deref() {
                None => page("1", Some("b")),
                Some("b") => page("2", Some("c")),
                _ => page("3", None),
            })
        });
        assert_eq!(pages.try_concat().await.unwrap(), ["1", "2", "3"]);
    }

    #[tokio::test]
    async fn an_oversized_cursor_fails_the_stream() {
        let long = "x".repeat(MAX_CURSOR + 1);
        let pages: Vec<_> = paginate(|_| future::ready(page("1", Some(&long)))).collect().await;
        assert!(pages.len() == 1 && pages[0].is_err());
    }

    #[tokio::test]
    async fn a_repeated_cursor_fails_the_stream() {
        let next = |at: Option<&str>| if at == Some("a") { "b" } else { "a" };
        let pages: Vec<_> = paginate(|at| future::ready(page("1", Some(next(at.as_deref()))))).collect().await;
        assert!(pages.len() == 4 && pages[..3].iter().all(Result::is_ok) && pages[3].is_err());
    }
}
