//! Loading: all streams of a connection at once, as events.

mod array;
mod meter;
mod pace;

use std::{sync::Arc, time::Instant};

use futures::{
    FutureExt, SinkExt, Stream, StreamExt,
    channel::mpsc::{self, Sender},
    future::{join_all, ready},
    stream,
};
use tracing::Instrument;

use super::{
    AppState,
    providers::{self, Api},
    tokens::{Bearer, ConnectionKey},
};
use crate::model::{Account, AppError, FirstPage, LoadEvent, StreamOutcome, StreamReport, Subject};

pub use array::Whole;
pub use meter::Meter;
pub use pace::{Pace, Paces};

/// How many events may wait for a slow reader, beside one or two a stream. So memory is bounded by the number of streams,
/// not by the size of the account.
const WAITING: usize = 2;

/// One load that is about to run.
pub struct Load {
    key: ConnectionKey,
    account: Account,
    api: Api,
}

/// Checks that the subject's connection can be loaded: 404 without one, 409 when its grant is dead.
pub async fn begin(state: &AppState, subject: &Subject, provider: &str) -> Result<Load, AppError> {
    let key = state.tokens.key(subject, provider)?;
    let account = state.tokens.live(&key).await?.account;
    let bearer = Bearer::stored(state.tokens.clone(), key.clone());
    let api = api(state, &key, bearer, &account.id);
    Ok(Load { key, account, api })
}

/// Access to the provider for one account of it.
pub fn api(state: &AppState, key: &ConnectionKey, bearer: Bearer, account: &str) -> Api {
    Api {
        provider: key.provider,
        base: state.config.provider(key.provider).api_url.as_str().into(),
        http: state.http.clone(),
        bearer,
        pace: state.paces.of_account(key, account),
        retries: state.retries,
        meter: Arc::default(),
    }
}

impl Load {
    /// Runs the load. The work is done while the stream is polled: dropping it drops the work and its requests.
    pub fn events(self) -> impl Stream<Item = LoadEvent> + Send + 'static {
        let (events, received) = mpsc::channel(WAITING);
        // The answer is read after the request's handler has ended, and its lines still bear the request's id.
        let work = self.run(events).in_current_span();
        stream::select(received, work.into_stream().filter_map(|()| ready(None)))
    }

    async fn run(self, mut events: Sender<LoadEvent>) {
        let mut log = Log { key: self.key.clone(), began: Instant::now(), ended: false };
        let streams = self.key.provider.streams;
        let names = streams.iter().map(|stream| stream.name.to_owned()).collect();
        emit(&mut events, LoadEvent::Started { provider: self.key.provider.slug.to_owned(), streams: names }).await;
        let report = join_all(streams.iter().map(|stream| self.run_stream(stream, events.clone()))).await;
        log.end(&report);
        let complete = report.iter().all(|stream| stream.outcome == StreamOutcome::Complete);
        emit(&mut events, LoadEvent::Finished { complete, report }).await;
    }

    async fn run_stream(&self, stream: &'static providers::Stream, mut events: Sender<LoadEvent>) -> StreamReport {
        let name = stream.name.to_owned();
        let meter = Arc::new(Meter::new(&name, events.clone()));
        let mut pages = (stream.pages)(Api { meter: meter.clone(), ..self.api.clone() }, &self.account);
        let (mut read, mut records) = (0, 0);
        let mut outcome = StreamOutcome::Complete;
        while let Some(page) = pages.next().await {
            match page {
                Ok(items) => {
                    read += 1;
                    records += items.len() as u64;
                    emit(&mut events, LoadEvent::Page { stream: name.clone(), items }).await;
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

    /// The first page of each stream, all at once, for a browser that cannot take a stream.
    pub async fn first_page(self) -> FirstPage {
        let streams = self.key.provider.streams.iter();
        let pages = streams.map(|stream| {
            let mut pages = (stream.pages)(self.api.clone(), &self.account);
            async move { pages.next().await }
        });
        let mut first =
            FirstPage { provider: self.key.provider.slug.to_owned(), items: Vec::new(), failures: Vec::new() };
        for (stream, page) in self.key.provider.streams.iter().zip(join_all(pages).await) {
            match page {
                Some(Ok(items)) => first.items.extend(items),
                Some(Err(error)) => first.failures.push(format!("{}: {}", stream.name, error.detail)),
                None => {}
            }
        }
        first
    }
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
