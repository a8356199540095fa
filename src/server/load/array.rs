//! The array form of a load: the same events, folded into one JSON array, ordered by stream.
//!
//! Its header says whether it is complete, so nothing is sent before the load is over; what is held meanwhile is the
//! encoded answer, not the items.

use bytes::Bytes;
use futures::StreamExt;

use super::Load;
use crate::{
    model::{AppError, IntegrationItem, LoadEvent, StreamOutcome, StreamReport},
    server::failure,
};

/// A load that is over.
pub struct Whole {
    /// The pieces of one JSON array.
    pub body: Vec<Bytes>,
    /// The names of the streams that failed.
    pub failed: Vec<String>,
}

impl Load {
    /// Runs the load to its end. An error when nothing at all could be read.
    pub async fn whole(self) -> Result<Whole, AppError> {
        // By stream, in the order in which they were found, which is the same for the same data.
        let mut encoded: Vec<(String, Vec<Bytes>)> = Vec::new();
        let mut report = Vec::new();
        let mut events = Box::pin(self.events());
        while let Some(event) = events.next().await {
            match event {
                LoadEvent::Started { streams, .. } | LoadEvent::Discovered { streams } => {
                    encoded.extend(streams.into_iter().map(|stream| (stream, Vec::new())));
                }
                LoadEvent::Page { stream, items } => {
                    let items = encode(&items).map_err(|error| failure::defect(&error.into()))?;
                    encoded.iter_mut().filter(|(name, _)| *name == stream).for_each(|(_, all)| all.push(items.clone()));
                }
                LoadEvent::Finished { report: last, .. } => report = last,
                _ => {}
            }
        }
        if let Some(error) = nothing_read(&report) {
            return Err(error);
        }
        let failed = failed_streams(&report).into_iter().map(str::to_owned).collect();
        Ok(Whole { body: array(encoded.into_iter().flat_map(|(_, pages)| pages)), failed })
    }
}

/// Items as they stand inside an array, without its brackets.
fn encode(items: &[IntegrationItem]) -> serde_json::Result<Bytes> {
    let array = Bytes::from(serde_json::to_vec(items)?);
    Ok(array.slice(1..array.len() - 1))
}

fn array(pages: impl Iterator<Item = Bytes>) -> Vec<Bytes> {
    let mut body = vec![Bytes::from_static(b"[")];
    for (place, page) in pages.enumerate() {
        if place > 0 {
            body.push(Bytes::from_static(b","));
        }
        body.push(page);
    }
    body.push(Bytes::from_static(b"]"));
    body
}

/// The first failure, when every stream failed before its first record.
fn nothing_read(report: &[StreamReport]) -> Option<AppError> {
    let mut failures = report.iter().map(|stream| match &stream.outcome {
        StreamOutcome::Failed(error) if stream.records == 0 => Some(error.clone()),
        _ => None,
    });
    let first = failures.next()??;
    failures.all(|failure| failure.is_some()).then_some(first)
}

fn failed_streams(report: &[StreamReport]) -> Vec<&str> {
    let failed = report.iter().filter(|stream| stream.outcome != StreamOutcome::Complete);
    failed.map(|stream| stream.stream.as_str()).collect()
}
