//! The streams of a load: those that wait to be read, and what became of those that were.

use std::collections::{HashSet, VecDeque};

use crate::{model::StreamReport, server::providers::Source};

/// All streams of a load, in the order in which they were found.
#[derive(Default)]
pub(super) struct Queue {
    waiting: VecDeque<(usize, Source)>,
    names: HashSet<String>,
    reports: Vec<Option<StreamReport>>,
}

impl Queue {
    /// Adds sources, and gives their names. A name that is taken gets a number: two tables may be called the same.
    pub(super) fn add(&mut self, sources: Vec<Source>) -> Vec<String> {
        let mut names = Vec::new();
        for mut source in sources {
            let plain = source.name.clone();
            let mut number = 2;
            while !self.names.insert(source.name.clone()) {
                source.name = format!("{plain} ({number})");
                number += 1;
            }
            names.push(source.name.clone());
            self.waiting.push_back((self.reports.len(), source));
            self.reports.push(None);
        }
        names
    }

    /// The next source to be read, and its place in the report.
    pub(super) fn next(&mut self) -> Option<(usize, Source)> {
        self.waiting.pop_front()
    }

    /// Notes what became of the source in this place.
    pub(super) fn end(&mut self, place: usize, report: StreamReport) {
        self.reports[place] = Some(report);
    }

    /// What became of all, in the order in which they were found.
    pub(super) fn report(self) -> Vec<StreamReport> {
        self.reports.into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::{StreamExt, stream};

    #[test]
    fn streams_of_the_same_name_are_told_apart() {
        let source = |name: &str| Source::new(name, |_| stream::empty().boxed());
        let mut queue = Queue::default();
        assert_eq!(queue.add(vec![source("Tasks"), source("Tasks")]), ["Tasks", "Tasks (2)"]);
        assert_eq!(queue.add(vec![source("Tasks"), source("Tasks (2)")]), ["Tasks (3)", "Tasks (2) (2)"]);
    }
}
