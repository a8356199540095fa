//! Writes that have to arrive at a replica: a failover then does not lose them. Replication is asynchronous, so the server
//! is asked with `WAIT`, which counts the replicas that have all that was written over the same connection.
//!
//! `WAIT` blocks its connection. Writes that arrive meanwhile are sent together, so that a replica that hangs delays each
//! of them by two seconds at most, however many there are.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use fred::{
    error::{Error, ErrorKind},
    prelude::{Client, ClientLike},
    types::Value,
};
use tokio::sync::{mpsc, oneshot};

use super::{
    command::Command,
    inspection,
    node::{Reply, close},
};

/// How long a replica may take.
pub(super) const WAIT: Duration = Duration::from_secs(1);

/// The maximum number of writes that are sent together.
const BATCH: usize = 256;

/// A connection for such writes.
pub(super) struct ReplicatedWrites(mpsc::UnboundedSender<Write>);

struct Write {
    command: Command,
    is_asking: bool,
    reply: oneshot::Sender<Result<Reply, Error>>,
}

impl ReplicatedWrites {
    /// Writes over this client, which nothing else uses, until the value is dropped. `replicas` is how many there are.
    pub(super) fn start(client: Client, replicas: Arc<AtomicUsize>) -> Self {
        let (sender, mut writes) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut batch = Vec::new();
            while writes.recv_many(&mut batch, BATCH).await > 0 {
                write_all(&client, &replicas, std::mem::take(&mut batch)).await;
            }
            close(client);
        });
        Self(sender)
    }

    pub(super) async fn write(&self, command: Command, is_asking: bool) -> Result<Reply, Error> {
        let (reply, replied) = oneshot::channel();
        let closed = || Error::new(ErrorKind::Canceled, "the connection was closed");
        self.0.send(Write { command, is_asking, reply }).map_err(|_| closed())?;
        replied.await.map_err(|_| closed())?
    }
}

async fn write_all(client: &Client, replicas: &AtomicUsize, batch: Vec<Write>) {
    let (mut commands, mut replies) = (Vec::new(), Vec::new());
    for Write { command, is_asking, reply } in batch {
        commands.extend(is_asking.then(|| Command::new("ASKING")));
        commands.push(command);
        replies.push((commands.len() - 1, reply));
    }
    let milliseconds = u64::try_from(WAIT.as_millis()).unwrap_or(u64::MAX);
    commands.push(Command::new("WAIT").number(1).number(milliseconds));
    let count = commands.len();
    let results = match send_all(client, commands).await {
        // A connection that broke in between is one error for all.
        Ok(results) if results.len() == count => results,
        Ok(results) => {
            let error = results.into_iter().find_map(Result::err);
            vec![Err(error.unwrap_or_else(|| Error::new(ErrorKind::Protocol, "replies are missing"))); count]
        }
        Err(error) => vec![Err(error); count],
    };
    let acknowledged = results.last().and_then(|last| last.as_ref().ok().and_then(Value::as_u64));
    let is_confirmed = acknowledged > Some(0);
    for (index, reply) in replies {
        // The caller may have gone.
        let _ = reply.send(results[index].clone().map(|value| Reply { value, is_confirmed }));
    }
    if acknowledged == Some(0) {
        // If none is connected any more, there is none to wait for.
        if let Ok(found) = inspection::replicas(client).await {
            replicas.store(found, Relaxed);
        }
    }
}

async fn send_all(client: &Client, commands: Vec<Command>) -> Result<Vec<Result<Value, Error>>, Error> {
    let pipeline = client.pipeline();
    for command in commands {
        let (command, arguments) = command.into_parts();
        let _: Value = pipeline.custom(command, arguments).await?;
    }
    Ok(pipeline.try_all().await)
}
