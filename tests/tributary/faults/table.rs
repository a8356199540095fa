//! The table that the suite prints: a row a case.

use std::{fmt::Write as _, io::Write as _};

use super::{plan::Plan, read::Tally, stage::Counted};

/// What became of one case.
#[derive(Default)]
pub struct Row {
    /// What was done.
    pub case: String,
    /// What a read was.
    pub read: &'static str,
    /// How often it was done.
    pub rounds: usize,
    /// What the callers got.
    pub tally: Tally,
    /// What the provider saw.
    pub counted: Counted,
    /// Grants that no longer give a token, though nobody was told.
    pub lost: usize,
    wrong: Vec<String>,
}

impl Row {
    /// A row that has nothing wrong yet.
    pub fn new(case: String, read: &'static str) -> Self {
        Self { case, read, ..Self::default() }
    }

    /// Notes what is wrong, when this does not hold.
    pub fn expect(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        // The first few tell what happened; a thousand more of the same kind do not.
        if !holds && self.wrong.len() < 5 {
            self.wrong.push(otherwise());
        }
    }
}

/// All rows.
pub struct Table {
    plan: Plan,
    rows: Vec<Row>,
}

const HEADS: [&str; 11] =
    ["rounds", "reads", "served", "503 store", "told", "404", "errors", "refreshes", "reused", "lost", "slowest"];

impl Table {
    pub fn new(plan: Plan) -> Self {
        Self { plan, rows: Vec::new() }
    }

    pub fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Writes it where it is seen without `--nocapture` too.
    pub fn print(&self) {
        let form = if self.plan.is_long { "long" } else { "short" };
        let (case, read) = (self.width(|row| &row.case), self.width(|row| row.read));
        let mut text = format!("\nThe fault suite, {form} form, TRIBUTARY_SEED={}\n\n", self.plan.seed);
        let _ = write!(text, "{:case$}  {:read$}", "case", "a read is");
        for head in HEADS {
            let _ = write!(text, "  {head:>9}");
        }
        text.push_str("  verdict\n");
        for row in &self.rows {
            let _ = write!(text, "{:case$}  {:read$}", row.case, row.read);
            for cell in row.cells() {
                let _ = write!(text, "  {cell:>9}");
            }
            text.push_str(if row.wrong.is_empty() { "  ok\n" } else { "  FAILED\n" });
        }
        let _ = writeln!(std::io::stdout(), "{text}");
    }

    /// What is wrong, by case.
    pub fn failures(&self) -> Vec<String> {
        let all = self.rows.iter().flat_map(|row| row.wrong.iter().map(move |wrong| format!("{}: {wrong}", row.case)));
        all.collect()
    }

    fn width<'a>(&'a self, of: impl Fn(&'a Row) -> &'a str) -> usize {
        self.rows.iter().map(|row| of(row).chars().count()).max().unwrap_or_default()
    }
}

impl Row {
    fn cells(&self) -> [String; HEADS.len()] {
        let (tally, counted) = (&self.tally, &self.counted);
        let slowest = format!("{:.1} s", tally.slowest.as_secs_f64());
        [
            self.rounds.to_string(),
            tally.reads.to_string(),
            tally.served.to_string(),
            tally.store_away.to_string(),
            tally.told.to_string(),
            tally.not_connected.to_string(),
            tally.failed.to_string(),
            counted.refreshes.to_string(),
            counted.reused_tokens.to_string(),
            self.lost.to_string(),
            slowest,
        ]
    }
}
