//! One thing that goes wrong, and how it is run: whatever happens in it, the other cases run too.

use futures::future::BoxFuture;
use tokio::task::JoinHandle;

use super::table::Row;

/// A case that has not begun.
pub struct Case {
    row: Row,
    run: Box<dyn FnOnce(Row) -> BoxFuture<'static, Row> + Send>,
}

/// A case that runs.
pub struct Started {
    name: String,
    running: JoinHandle<Row>,
}

impl Case {
    /// A case by its name, what a read is in it, and what is done. That fills the row which it is given.
    pub fn new<F>(name: impl Into<String>, read: &'static str, run: impl FnOnce(Row) -> F + Send + 'static) -> Self
    where
        F: Future<Output = Row> + Send + 'static,
    {
        Self { row: Row::new(name.into(), read), run: Box::new(|row| Box::pin(run(row))) }
    }

    /// Begins it.
    pub fn start(self) -> Started {
        Started { name: self.row.case.clone(), running: tokio::spawn((self.run)(self.row)) }
    }
}

impl Started {
    /// Waits for its end. A panic is a row of its own.
    pub async fn end(self) -> Row {
        self.running.await.unwrap_or_else(|error| {
            let mut row = Row::new(self.name, "");
            row.expect(false, || format!("it broke off: {error}"));
            row
        })
    }
}
