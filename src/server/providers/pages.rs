//! Following a cursor from the first page to the last, and what is found on the way.

use std::collections::HashSet;

use futures::{
    Stream,
    stream::{self, BoxStream},
};

use super::Api;
use crate::model::{AppError, ErrorCode, IntegrationItem};

/// What a source gives, batch by batch, until its end or its first error.
pub type Pages = BoxStream<'static, Result<Batch, AppError>>;

/// Items that arrived together, and further sources that they told of.
#[derive(Default)]
pub struct Batch {
    /// In the provider's order.
    pub items: Vec<IntegrationItem>,
    /// To be read as well, at the same time.
    pub sources: Vec<Source>,
}

/// Something that is read page by page on its own: a stream of a load.
pub struct Source {
    /// Its name in reports: `contacts`, `Launches / Tasks`. No two of a load are the same.
    pub name: String,
    /// The scope that reading it takes, where there is one.
    pub scope: Option<&'static str>,
    /// Reads all of it. Dropping the pages stops the reading.
    pages: Box<dyn FnOnce(Api) -> Pages + Send>,
}

impl Source {
    /// A source that needs no scope of its own.
    pub fn new(name: impl Into<String>, pages: impl FnOnce(Api) -> Pages + Send + 'static) -> Self {
        Self { name: name.into(), scope: None, pages: Box::new(pages) }
    }

    /// The same, with the scope that it needs.
    pub fn with_scope(self, scope: &'static str) -> Self {
        Self { scope: Some(scope), ..self }
    }

    /// Begins to read it, with this access.
    pub fn into_pages(self, api: Api) -> Pages {
        (self.pages)(api)
    }

    /// A source that cannot be read, so that the report names it.
    pub fn failed(name: impl Into<String>, error: AppError) -> Self {
        Self::new(name, move |_| Box::pin(stream::iter([Err(error)])))
    }
}

impl From<Vec<IntegrationItem>> for Batch {
    fn from(items: Vec<IntegrationItem>) -> Self {
        Self { items, sources: Vec::new() }
    }
}

/// One answer of a paged endpoint.
pub struct Page<T> {
    /// What was on it.
    pub content: T,
    /// Where the next page begins; `None` on the last.
    pub next: Option<String>,
}

/// Fetches with no cursor first, then with each cursor that the page before named. The next page is asked for when the
/// stream is polled for it, so no more than one is in flight.
///
/// A provider that names a cursor again would be followed for ever: that ends the stream as failed.
pub fn follow<T, E, F, Reply>(fetch: F) -> impl Stream<Item = Result<T, E>> + Send
where
    T: Send,
    E: From<AppError> + Send,
    F: Fn(Option<String>) -> Reply + Send,
    Reply: Future<Output = Result<Page<T>, E>> + Send,
{
    stream::try_unfold((fetch, Cursor::First, HashSet::new()), |(fetch, cursor, mut seen)| async move {
        let at = match cursor {
            Cursor::First => None,
            Cursor::At(next) => Some(next),
            Cursor::Seen => {
                let detail = "The provider named the same page twice, so this was not read to its end. Load again.";
                return Err(AppError::new(ErrorCode::ProviderUnavailable, detail).into());
            }
            Cursor::End => return Ok(None),
        };
        let Page { content, next } = fetch(at).await?;
        let cursor = match next {
            Some(next) if seen.insert(next.clone()) => Cursor::At(next),
            Some(_) => Cursor::Seen,
            None => Cursor::End,
        };
        Ok(Some((content, (fetch, cursor, seen))))
    })
}

enum Cursor {
    First,
    At(String),
    Seen,
    End,
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::{StreamExt, TryStreamExt, future};

    fn page(id: &str, next: Option<&str>) -> Result<Page<Vec<String>>, AppError> {
        Ok(Page { content: vec![id.to_owned()], next: next.map(Into::into) })
    }

    #[tokio::test]
    async fn every_page_is_read_to_the_last() {
        let pages = follow(|at| {
            future::ready(match at.as_deref() {
                None => page("1", Some("b")),
                Some("b") => page("2", Some("c")),
                _ => page("3", None),
            })
        });
        assert_eq!(pages.try_concat().await.unwrap(), ["1", "2", "3"]);
    }

    #[tokio::test]
    async fn a_cursor_that_repeats_ends_the_stream_as_failed() {
        let next = |at: Option<&str>| if at == Some("a") { "b" } else { "a" };
        let pages: Vec<_> = follow(|at| future::ready(page("1", Some(next(at.as_deref()))))).collect().await;
        assert!(pages.len() == 4 && pages[..3].iter().all(Result::is_ok) && pages[3].is_err());
    }
}
