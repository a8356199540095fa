//! The streams of a load: those that wait to be read, and the reports of those that were.

use std::collections::{HashSet, VecDeque};

use crate::{model::StreamReport, server::providers::ItemStream};

/// All streams of a load, in the order in which they were discovered.
#[derive(Default)]
pub(super) struct Streams {
    waiting: VecDeque<(usize, ItemStream)>,
    names: HashSet<String>,
    reports: Vec<Option<StreamReport>>,
}

impl Streams {
    /// Adds streams and returns their names. A name that is taken gets a number, since two tables may have the same name.
    pub(super) fn add(&mut self, streams: Vec<ItemStream>) -> Vec<String> {
        let mut names = Vec::new();
        for mut stream in streams {
            let base = stream.name.clone();
            let mut number = 2;
            while !self.names.insert(stream.name.clone()) {
                stream.name = format!("{base} ({number})");
                number += 1;
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use futures::{StreamExt, stream};

    #[test]
    fn streams_with_the_same_name_get_numbers() {
        let stream = |name: &str| ItemStream::new(name, |_| stream::empty().boxed());
        let mut streams = Streams::default();
        assert_eq!(streams.add(vec![stream("Tasks"), stream("Tasks")]), ["Tasks", "Tasks (2)"]);
        assert_eq!(streams.add(vec![stream("Tasks"), stream("Tasks (2)")]), ["Tasks (3)", "Tasks (2) (2)"]);
    }
}
