//! Loading: all streams of a connection at once, as events.

mod array;
mod meter;
mod pace;
mod queue;

use std::{sync::Arc, time::Instant};

use futures::{
    FutureExt, SinkExt, Stream, StreamExt,
    channel::mpsc::{self, Sender, UnboundedSender},
    future::{join_all, ready},
    stream::{self, FuturesUnordered},
};

use super::{
    AppState, actor,
    providers::{Api, Batch, Pages, Source},
    tokens::{Bearer, ConnectionKey},
};
use crate::model::{
    Account, Action, AppError, ErrorCode, FirstPage, IntegrationItem, LoadEvent, StreamOutcome, StreamReport, Subject,
};
use queue::Queue;

pub use array::Whole;
pub use meter::Meter;
pub use pace::{Pace, Paces};

/// How many streams are read at once; further ones wait. An Airtable table that is not asked for its next page for some
/// minutes is forgotten there, so that more at once would not be faster.
const AT_ONCE: usize = 64;

/// How many items of a source are enough for a browser that cannot take a stream.
const FIRST_ITEMS: usize = 100;

/// How many events may wait for a slow reader, beside one or two a stream. So memory is bounded by the number of streams
/// at once, not by the size of the account.
const WAITING: usize = 2;

/// One load that is about to run.
pub struct Load {
    key: ConnectionKey,
    account: Account,
    /// The scopes of the grant.
    granted: Vec<String>,
    api: Api,
}

/// Checks that the subject's connection can be loaded: 404 without one, 409 when its grant is dead.
pub async fn begin(state: &AppState, subject: &Subject, provider: &str) -> Result<Load, AppError> {
    let key = state.tokens.key(subject, provider)?;
    let (account, granted) = state.tokens.live(&key).await.map(|grant| (grant.account, grant.scopes))?;
    state.trail.note(&key, &account, Action::LoadStarted, None).await;
    let bearer = Bearer::stored(state.tokens.clone(), key.clone(), &account.id);
    let api = api(state, &key, bearer, &account.id);
    Ok(Load { key, account, granted, api })
}

/// Access to the provider for one account of it.
pub fn api(state: &AppState, key: &ConnectionKey, bearer: Bearer, account: &str) -> Api {
    Api {
        provider: key.provider,
        base: state.config.provider(key.provider).api_url.as_str().into(),
        http: state.http.clone(),
        bearer,
        pace: state.paces.of_account(key, account),
        part_pace: None,
        paces: state.paces.clone(),
        retries: state.retries,
        meter: Arc::default(),
    }
}

impl Load {
    /// Runs the load. The work is done while the stream is polled: dropping it drops the work and its requests.
    pub fn events(self) -> impl Stream<Item = LoadEvent> + Send + 'static {
        let (events, received) = mpsc::channel(WAITING);
        // The answer is read after the request's handler has ended, and its lines still bear the request's id.
        let work = actor::carry(self.run(events));
        stream::select(received, work.into_stream().filter_map(|()| ready(None)))
    }

    async fn run(self, mut events: Sender<LoadEvent>) {
        let mut log = Log { key: self.key.clone(), began: Instant::now(), ended: false };
        let mut queue = Queue::default();
        let streams = queue.add((self.key.provider.sources)(&self.account));
        emit(&mut events, LoadEvent::Started { provider: self.key.provider.slug.to_owned(), streams }).await;

        let (found, mut more) = mpsc::unbounded();
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < AT_ONCE
                && let Some((place, source)) = queue.next()
            {
                let (events, found) = (events.clone(), found.clone());
                running.push(self.run_source(source, events, found).map(move |report| (place, report)));
            }
            // What was found is queued, and told of, before the source that found it ends.
            futures::select_biased! {
                sources = more.select_next_some() => {
                    let streams = queue.add(sources);
                    emit(&mut events, LoadEvent::Discovered { streams }).await;
                }
                ended = running.next() => match ended {
                    Some((place, report)) => queue.end(place, report),
                    None => break,
                },
            }
        }

        let report = queue.report();
        log.end(&report);
        let complete = report.iter().all(|stream| stream.outcome == StreamOutcome::Complete);
        emit(&mut events, LoadEvent::Finished { complete, report }).await;
    }

    /// Reads one source to its end or its first error.
    async fn run_source(
        &self,
        source: Source,
        mut events: Sender<LoadEvent>,
        found: UnboundedSender<Vec<Source>>,
    ) -> StreamReport {
        let name = source.name.clone();
        let meter = Arc::new(Meter::new(&name, events.clone()));
        let mut pages = self.pages(source, meter.clone());
        let (mut read, mut records) = (0, 0);
        let mut outcome = StreamOutcome::Complete;
        while let Some(page) = pages.next().await {
            match page {
                Ok(Batch { items, sources }) => {
                    if !sources.is_empty() {
                        // It is received for as long as this runs.
                        let _ = found.unbounded_send(sources);
                    }
                    if !items.is_empty() {
                        read += 1;
                        records += items.len() as u64;
                        emit(&mut events, LoadEvent::Page { stream: name.clone(), items }).await;
                    }
                }
                Err(error) => {
                    outcome = StreamOutcome::Failed(error.clone());
                    emit(&mut events, LoadEvent::Failed { stream: name.clone(), error }).await;
                    break;
                }
            }
        }
        StreamReport {
            stream: name,
            records,
            pages: read,
            requests: meter.requests(),
            retries: meter.retries(),
            outcome,
        }
    }

    /// The pages of a source; only an error when its scope was not granted, so that nothing is asked for in vain.
    fn pages(&self, source: Source, meter: Arc<Meter>) -> Pages {
        let lacks = |scope: &&str| !self.granted.is_empty() && !self.granted.iter().any(|granted| granted == scope);
        match source.scope.filter(lacks) {
            Some(scope) => {
                let name = self.key.provider.name;
                let detail = format!(
                    "{name} did not grant the scope {scope}, so this cannot be read. Connect again and allow it."
                );
                Source::failed(source.name, AppError::new(ErrorCode::Forbidden, detail)).into_pages(self.api.clone())
            }
            None => source.into_pages(Api { meter, ..self.api.clone() }),
        }
    }

    /// The first items of each source that a load begins with, all at once, for a browser that cannot take a stream.
    pub async fn first_page(self) -> FirstPage {
        let provider = self.key.provider;
        let sources = (provider.sources)(&self.account).into_iter();
        let firsts = sources.map(|source| {
            let name = source.name.clone();
            first_items(self.pages(source, Arc::default())).map(move |(items, error)| (name, items, error))
        });
        let mut first =
            FirstPage { provider: provider.name.to_owned(), items: Vec::new(), failures: Vec::new(), nothing: None };
        for (name, items, error) in join_all(firsts).await {
            first.items.extend(items);
            first.failures.extend(error.map(|error| format!("{name}: {}", error.detail)));
        }
        if first.items.is_empty() && first.failures.is_empty() {
            first.nothing = Some(provider.nothing.to_owned());
        }
        first
    }
}

/// As many items as a page of a provider holds, or all there are, or those before an error.
async fn first_items(mut pages: Pages) -> (Vec<IntegrationItem>, Option<AppError>) {
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

/// Hands an event to the reader. One who has gone drops the whole load, so there is nobody to miss it.
async fn emit(events: &mut Sender<LoadEvent>, event: LoadEvent) {
    let _ = events.send(event).await;
}

/// Writes one line for a load, however it ends.
struct Log {
    key: ConnectionKey,
    began: Instant,
    ended: bool,
}

impl Log {
    fn end(&mut self, report: &[StreamReport]) {
        self.ended = true;
        let sum = |count: fn(&StreamReport) -> u64| report.iter().map(count).sum::<u64>();
        let (records, requests, retries) = (sum(|one| one.records), sum(|one| one.requests), sum(|one| one.retries));
        let failed = report.iter().filter_map(|one| match &one.outcome {
            StreamOutcome::Failed(error) => Some(format!("{}: {}", one.stream, error.detail)),
            StreamOutcome::Complete => None,
        });
        let failed = failed.collect::<Vec<_>>().join(" ");
        let (key, milliseconds) = (&self.key, self.began.elapsed().as_millis());
        if failed.is_empty() {
            tracing::info!(%key, records, requests, retries, milliseconds, "loaded");
        } else {
            tracing::warn!(%key, records, requests, retries, milliseconds, failed, "loaded in part");
        }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        if !self.ended {
            tracing::info!(key = %self.key, milliseconds = self.began.elapsed().as_millis(), "load stopped by its reader");
        }
    }
}
