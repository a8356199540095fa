//! Loading: all streams of a connection, read concurrently and delivered as events.

mod array;
mod first_page;
mod log;
mod skips;
mod stream_names;
mod streams;

use std::sync::Arc;

use futures::{
    FutureExt, SinkExt, Stream, StreamExt,
    channel::mpsc::{self, Sender, UnboundedSender},
    future::ready,
    stream::{self, FuturesUnordered},
};
use tracing::Instrument;

use super::{
    AppState,
    audit::Actor,
    connections::{ConnectionKey, Record},
    grants::ConnectionTokens,
    load_limits::LoadLimits,
    providers::{
        Batch, ItemStream, Pages,
        client::{ApiClient, CallError, Meter, Retry},
    },
};
use crate::model::{Account, AppError, ErrorCode, LoadEvent, StreamOutcome, StreamReport};
use log::LoadLog;
use skips::Skips;
use streams::Streams;

pub use array::LoadedArray;

/// How many streams are read concurrently. More would not be faster: Airtable expires the cursor of a table that is not
/// asked for its next page for some minutes.
const CONCURRENT_STREAMS: usize = 64;

/// How many events may be buffered for a slow reader, in addition to one or two for each stream. This bounds memory
/// by the number of concurrent streams, not by the size of the account.
const BUFFERED_EVENTS: usize = 2;

/// A load that is ready to run.
pub struct Load {
    key: ConnectionKey,
    account: Account,
    granted_scopes: Vec<String>,
    client: ApiClient,
    limits: Arc<LoadLimits>,
    log: LoadLog,
}

/// Prepares a load of a usable connection.
///
/// # Errors
///
/// [`ErrorCode::NotConnected`], [`ErrorCode::ReconnectRequired`] and [`ErrorCode::RateLimited`], among others.
pub async fn start(state: &AppState, key: &ConnectionKey, actor: &Actor) -> Result<Load, AppError> {
    let Record { account, scopes, .. } = state.grants.usable(key).await?;
    let limits = state.load_limits.clone();
    let slot = limits.slot()?;
    let refresher = state.grants.refresher.clone();
    let tokens = ConnectionTokens::new(refresher, key.clone(), &account.id, actor.clone());
    let limiter = state.limiters.for_account(key.provider, &account.id);
    let client = state.api_client(key, Arc::new(tokens), limiter)?;
    let log = LoadLog::new(state.audit.clone(), actor.clone(), key.clone(), account.clone(), slot);
    Ok(Load { key: key.clone(), account, granted_scopes: scopes, client, limits, log })
}

impl Load {
    /// Runs the load. The work is done while the stream is polled; dropping the stream cancels the load and its requests.
    /// The stream ends without [`LoadEvent::Finished`] when the process stops.
    pub fn events(self) -> impl Stream<Item = LoadEvent> + Send + 'static {
        let (events, received) = mpsc::channel(BUFFERED_EVENTS);
        // The response is read after the request's handler has returned, and log lines still carry the request's id.
        let stopped = self.limits.stopped();
        let work = self.run(events).in_current_span();
        stream::select(received, work.into_stream().filter_map(|()| ready(None))).take_until(stopped)
    }

    async fn run(self, mut events: Sender<LoadEvent>) {
        let mut streams = Streams::default();
        let names = streams.add((self.key.provider.streams)(&self.account));
        emit(&mut events, LoadEvent::Started { provider: self.key.provider.slug.to_owned(), streams: names }).await;

        let (discoveries, mut discovered) = mpsc::unbounded();
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < CONCURRENT_STREAMS
                && let Some((index, stream)) = streams.next()
            {
                let (events, discoveries) = (events.clone(), discoveries.clone());
                running.push(self.read(stream, events, discoveries).map(move |report| (index, report)));
            }
            // Biased, so that discovered streams are announced before the stream that discovered them ends.
            futures::select_biased! {
                found = discovered.select_next_some() => {
                    let names = streams.add(found);
                    emit(&mut events, LoadEvent::Discovered { streams: names }).await;
                }
                ended = running.next() => match ended {
                    Some((index, report)) => streams.finish(index, report),
                    None => break,
                },
            }
        }

        drop(running);
        let report = streams.into_report();
        self.log.finished(&report).await;
        let complete = report.iter().all(|stream| stream.outcome == StreamOutcome::Complete);
        emit(&mut events, LoadEvent::Finished { complete, report }).await;
    }

    /// Reads one stream to its end or its first error.
    async fn read(
        &self,
        stream: ItemStream,
        mut events: Sender<LoadEvent>,
        discoveries: UnboundedSender<Vec<ItemStream>>,
    ) -> StreamReport {
        let name = stream.name.clone();
        let meter = Arc::new(meter(&name, events.clone()));
        let mut pages = self.pages(stream, meter.clone());
        let (mut page_count, mut records) = (0, 0);
        let (mut skips, mut failure) = (Skips::default(), None);
        while let Some(page) = pages.next().await {
            match page {
                Ok(Batch { items, streams, skipped }) => {
                    skips.add(skipped);
                    if !streams.is_empty() {
                        // The receiver lives as long as this load.
                        let _ = discoveries.unbounded_send(streams);
                    }
                    if !items.is_empty() {
                        page_count += 1;
                        records += items.len() as u64;
                        self.log.delivered(items.len() as u64);
                        emit(&mut events, LoadEvent::Page { stream: name.clone(), items }).await;
                    }
                }
                Err(error) => {
                    let error = AppError::from(error);
                    failure = Some(error.clone());
                    emit(&mut events, LoadEvent::Failed { stream: name.clone(), error }).await;
                    break;
                }
            }
        }
        let outcome = match failure {
            Some(error) => StreamOutcome::Failed(error),
            None if skips.count > 0 => StreamOutcome::CompleteWithSkips,
            None => StreamOutcome::Complete,
        };
        StreamReport {
            stream: name,
            records,
            pages: page_count,
            requests: meter.requests(),
            retries: meter.retries(),
            skipped: skips.count,
            first_skipped: skips.first,
            outcome,
        }
    }

    /// The pages of a stream. If its scope was not granted, that is an error without any request.
    fn pages(&self, stream: ItemStream, meter: Arc<Meter>) -> Pages {
        let is_missing = |scope: &&str| {
            !self.granted_scopes.is_empty() && !self.granted_scopes.iter().any(|granted| granted == scope)
        };
        match stream.scope.filter(is_missing) {
            Some(scope) => {
                let name = self.key.provider.name;
                let detail = format!("{name} did not grant the scope {scope}. Reconnect and allow it.");
                let error = CallError::NotAuthorized(AppError::new(ErrorCode::Forbidden, detail));
                ItemStream::failed(stream.name, error).read(self.client.clone())
            }
            None => stream.read(ApiClient { meter, ..self.client.clone() }),
        }
    }
}

/// A meter that announces the retries of a stream.
fn meter(stream: &str, events: Sender<LoadEvent>) -> Meter {
    let stream = stream.to_owned();
    Meter::new(move |Retry { attempt, wait, reason }| {
        let (mut events, stream) = (events.clone(), stream.clone());
        let wait_ms = wait.as_millis().try_into().unwrap_or(u64::MAX);
        async move { emit(&mut events, LoadEvent::Retrying { stream, attempt, wait_ms, reason }).await }.boxed()
    })
}

/// Sends an event to the reader. A reader that hangs up drops the whole load, so a closed channel is no error.
async fn emit(events: &mut Sender<LoadEvent>, event: LoadEvent) {
    let _ = events.send(event).await;
}
