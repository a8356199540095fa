//! The table that the suite prints, with one row for each case.

use std::{fmt::Write as _, io::Write as _};

use super::{cluster::RefreshCounts, options::Options, token_read::Tally};

/// The result of one case.
#[derive(Default)]
pub struct Row {
    pub case: String,
    /// What each read requests.
    pub request: &'static str,
    pub rounds: usize,
    /// What the callers got.
    pub tally: Tally,
    /// What the providers counted.
    pub counts: RefreshCounts,
    /// Grants that stopped working without a request to reconnect that says why.
    pub lost: usize,
    errors: Vec<String>,
}

impl Row {
    pub fn new(case: String, request: &'static str) -> Self {
        Self { case, request, ..Self::default() }
    }

    /// Records an error unless `condition` is true.
    pub fn expect(&mut self, condition: bool, error: impl FnOnce() -> String) {
        // A few errors show what happened; a thousand more of the same kind do not.
        if !condition && self.errors.len() < 5 {
            self.errors.push(error());
        }
    }
}

pub struct Table {
    options: Options,
    rows: Vec<Row>,
}

const HEADS: [&str; 11] =
    ["rounds", "reads", "served", "store 503", "reconnect", "404", "errors", "refreshes", "reused", "lost", "slowest"];

impl Table {
    pub fn new(options: Options) -> Self {
        Self { options, rows: Vec::new() }
    }

    pub fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Prints to standard output itself, so that the table is shown without `--nocapture` as well.
    pub fn print(&self) {
        let form = if self.options.is_long { "long" } else { "short" };
        let (case, request) = (self.width(|row| &row.case), self.width(|row| row.request));
        let mut text = format!("\nThe fault suite, {form} form, TRIBUTARY_SEED={}\n\n", self.options.seed);
        let _ = write!(text, "{:case$}  {:request$}", "case", "each read requests");
        for head in HEADS {
            let _ = write!(text, "  {head:>9}");
        }
        text.push_str("  result\n");
        for row in &self.rows {
            let _ = write!(text, "{:case$}  {:request$}", row.case, row.request);
            for cell in row.cells() {
                let _ = write!(text, "  {cell:>9}");
            }
            text.push_str(if row.errors.is_empty() { "  ok\n" } else { "  FAILED\n" });
        }
        let _ = writeln!(std::io::stdout(), "{text}");
    }

    /// All errors, each with its case.
    pub fn failures(&self) -> Vec<String> {
        let all = self.rows.iter().flat_map(|row| row.errors.iter().map(move |error| format!("{}: {error}", row.case)));
        all.collect()
    }

    fn width<'a>(&'a self, of: impl Fn(&'a Row) -> &'a str) -> usize {
        self.rows.iter().map(|row| of(row).chars().count()).max().unwrap_or_default()
    }
}

impl Row {
    fn cells(&self) -> [String; HEADS.len()] {
        let (tally, counts) = (&self.tally, &self.counts);
        let slowest = format!("{:.1} s", tally.slowest.as_secs_f64());
        [
            self.rounds.to_string(),
            tally.reads.to_string(),
            tally.served.to_string(),
            tally.store_unavailable.to_string(),
            tally.reconnect_required.to_string(),
            tally.not_connected.to_string(),
            tally.failed.to_string(),
            counts.refreshes.to_string(),
            counts.reused_tokens.to_string(),
            self.lost.to_string(),
            slowest,
        ]
    }
}
