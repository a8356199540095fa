//! One thing that goes wrong, and how it is run: whatever happens in it, the other cases run too.

use std::time::Duration;

use futures::future::BoxFuture;
use tokio::{
    task::JoinHandle,
    time::{error::Elapsed, timeout},
};

use super::table::Row;

/// The longest case takes a third of it.
const LONGEST: Duration = Duration::from_mins(10);

/// A case that has not begun.
pub struct Case {
    row: Row,
    run: Box<dyn FnOnce(Row) -> BoxFuture<'static, Row> + Send>,
}

/// A case that runs.
pub struct Started {
    name: String,
    running: JoinHandle<Result<Row, Elapsed>>,
}

impl Case {
    /// A case by its name, what a read is in it, and what is done. That fills the row which it is given.
    pub fn new<F>(name: impl Into<String>, read: &'static str, run: impl FnOnce(Row) -> F + Send + 'static) -> Self
    where
        F: Future<Output = Row> + Send + 'static,
    {
        Self { row: Row::new(name.into(), read), run: Box::new(|row| Box::pin(run(row))) }
    }

    /// Whether `TRIBUTARY_CASE` is a part of its name, or not set.
    pub fn is_wanted(&self) -> bool {
        std::env::var("TRIBUTARY_CASE").map_or(true, |part| self.row.case.contains(&part))
    }

    /// Begins it.
    pub fn start(self) -> Started {
        Started { name: self.row.case.clone(), running: tokio::spawn(timeout(LONGEST, (self.run)(self.row))) }
    }
}

impl Started {
    /// Waits for its end. A panic is a row of its own, and so is a case that never ends.
    pub async fn end(self) -> Row {
        let why = match self.running.await {
            Ok(Ok(row)) => return row,
            Ok(Err(_elapsed)) => format!("it was not over within {} s", LONGEST.as_secs()),
            Err(panicked) => format!("it broke off: {panicked}"),
        };
        let mut row = Row::new(self.name, "");
        row.expect(false, || why);
        row
    }
}
