//! A case of the suite, run so that a panic or a hang in it does not stop the others.

use std::time::Duration;

use futures::future::BoxFuture;
use tokio::{
    task::JoinHandle,
    time::{error::Elapsed, timeout},
};

use super::table::Row;

/// The longest case takes a third of this.
const TIMEOUT: Duration = Duration::from_mins(10);

pub struct Case {
    row: Row,
    run: Box<dyn FnOnce(Row) -> BoxFuture<'static, Row> + Send>,
}

/// A case that is running.
pub struct Started {
    name: String,
    running: JoinHandle<Result<Row, Elapsed>>,
}

impl Case {
    /// A case with its name and what each read requests. `run` fills in the row.
    pub fn new<F>(name: impl Into<String>, request: &'static str, run: impl FnOnce(Row) -> F + Send + 'static) -> Self
    where
        F: Future<Output = Row> + Send + 'static,
    {
        Self { row: Row::new(name.into(), request), run: Box::new(|row| Box::pin(run(row))) }
    }

    /// Whether `TRIBUTARY_CASE` is part of its name, or not set.
    pub fn is_selected(&self) -> bool {
        std::env::var("TRIBUTARY_CASE").map_or(true, |part| self.row.case.contains(&part))
    }

    pub fn start(self) -> Started {
        Started { name: self.row.case.clone(), running: tokio::spawn(timeout(TIMEOUT, (self.run)(self.row))) }
    }
}

impl Started {
    /// Waits for the case. A panic or a timeout becomes a row with an error.
    pub async fn finish(self) -> Row {
        let error = match self.running.await {
            Ok(Ok(row)) => return row,
            Ok(Err(_elapsed)) => format!("did not finish within {} s", TIMEOUT.as_secs()),
            Err(panic) => format!("panicked: {panic}"),
        };
        let mut row = Row::new(self.name, "");
        row.expect(false, || error);
        row
    }
}
