//! The streams of a load: those that wait to be read, and the reports of those that were.

use std::collections::VecDeque;

use super::stream_names::StreamNames;
use crate::{model::StreamReport, server::providers::ItemStream};

/// All streams of a load, in the order in which they were discovered.
#[derive(Default)]
pub(super) struct Streams {
    waiting: VecDeque<(usize, ItemStream)>,
    names: StreamNames,
    reports: Vec<Option<StreamReport>>,
}

impl Streams {
    /// Adds streams and returns the unique names that they get.
    pub(super) fn add(&mut self, streams: Vec<ItemStream>) -> Vec<String> {
        let mut names = Vec::new();
        for mut stream in streams {
            stream.name = self.names.take(stream.name);
            names.push(stream.name.clone());
            self.waiting.push_back((self.reports.len(), stream));
            self.reports.push(None);
        }
        names
    }

    /// The next stream to read, with its index.
    pub(super) fn next(&mut self) -> Option<(usize, ItemStream)> {
        self.waiting.pop_front()
    }

    /// Records the report of the stream with this index.
    pub(super) fn finish(&mut self, index: usize, report: StreamReport) {
        self.reports[index] = Some(report);
    }

    /// The reports of all streams, in the order in which they were discovered.
    pub(super) fn into_report(self) -> Vec<StreamReport> {
        self.reports.into_iter().flatten().collect()
    }
}
