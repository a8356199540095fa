//! The array form of a load: its events folded into one JSON array, ordered by stream.
//!
//! The response's header says whether the load is complete, so nothing is sent before it has ended. What is held meanwhile
//! is the encoded response, not the items.

use bytes::Bytes;
use futures::StreamExt;

use super::Load;
use crate::{
    model::{AppError, ErrorCode, IntegrationItem, LoadEvent, StreamOutcome, StreamReport},
    server::{error::internal, load_limits::ArrayBuffer},
};

/// The result of a load as one JSON array.
pub struct LoadedArray {
    /// The array in pieces.
    pub body: Vec<Bytes>,
    /// The memory of the pieces, to be kept as long as they are.
    pub buffer: ArrayBuffer,
    /// The names of the streams that failed.
    pub failed: Vec<String>,
    /// The names of the streams in which records could not be read, with the number of those.
    pub skipped: Vec<(String, u64)>,
}

impl Load {
    /// Runs the load to its end. Fails when nothing at all could be read.
    pub async fn array(self) -> Result<LoadedArray, AppError> {
        // By stream, in the order in which the streams were discovered, which is the same for the same data.
        let mut encoded: Vec<(String, Vec<Bytes>)> = Vec::new();
        let (mut report, mut buffer) = (None, self.limits.array()?);
        let mut events = Box::pin(self.events());
        while let Some(event) = events.next().await {
            match event {
                LoadEvent::Started { streams, .. } | LoadEvent::Discovered { streams } => {
                    encoded.extend(streams.into_iter().map(|stream| (stream, Vec::new())));
                }
                LoadEvent::Page { stream, items } => {
                    let items = encode(&items).map_err(|error| internal(&error.into()))?;
                    buffer.hold(items.len())?;
                    encoded.iter_mut().filter(|(name, _)| *name == stream).for_each(|(_, all)| all.push(items.clone()));
                }
                LoadEvent::Finished { report: last, .. } => report = Some(last),
                LoadEvent::Retrying { .. } | LoadEvent::Failed { .. } => {}
            }
        }
        let report = report.ok_or_else(|| {
            AppError::new(ErrorCode::Internal, "Tributary was stopped before the load ended. Load again.")
        })?;
        if let Some(error) = nothing_read(&report) {
            return Err(error);
        }
        let skipped = report.iter().filter(|stream| stream.skipped > 0);
        let skipped = skipped.map(|stream| (stream.stream.clone(), stream.skipped)).collect();
        let failed = report.into_iter().filter(|stream| matches!(stream.outcome, StreamOutcome::Failed(_)));
        let failed = failed.map(|stream| stream.stream).collect();
        Ok(LoadedArray { body: join(encoded.into_iter().flat_map(|(_, pages)| pages)), buffer, failed, skipped })
    }
}

/// Items as the inside of an array, without its brackets.
fn encode(items: &[IntegrationItem]) -> serde_json::Result<Bytes> {
    let mut array = serde_json::to_vec(items)?;
    // Pages are kept, and the buffer may be twice as large as what is in it.
    array.shrink_to_fit();
    let array = Bytes::from(array);
    Ok(array.slice(1..array.len() - 1))
}

fn join(pages: impl Iterator<Item = Bytes>) -> Vec<Bytes> {
    let mut body = vec![Bytes::from_static(b"[")];
    for (index, page) in pages.enumerate() {
        if index > 0 {
            body.push(Bytes::from_static(b","));
        }
        body.push(page);
    }
    body.push(Bytes::from_static(b"]"));
    body
}

/// The first failure, if every stream failed before its first record.
fn nothing_read(report: &[StreamReport]) -> Option<AppError> {
    let mut failures = report.iter().map(|stream| match &stream.outcome {
        StreamOutcome::Failed(error) if stream.records == 0 => Some(error.clone()),
        _ => None,
    });
    let first = failures.next()??;
    failures.all(|failure| failure.is_some()).then_some(first)
}
