//! One server: the connections to it, and how a command is sent to it.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use fred::{
    error::Error,
    prelude::{Builder, Client, ClientLike, Config, ReconnectPolicy, Server},
    types::Value,
};

use super::{command::Command, replicated::ReplicatedWrites};

/// The timeout of a command: callers get a clear error rather than a long wait.
pub(super) const TIMEOUT: Duration = Duration::from_secs(2);

/// Where a write has to have arrived before it is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    /// At the primary alone.
    Primary,
    /// At one replica, too, if the primary has any.
    Replicated,
}

/// The response to a command.
pub(super) struct Reply {
    pub(super) value: Value,
    /// Whether it arrived where it had to.
    pub(super) is_confirmed: bool,
}

/// A server, with connections that are made again when they break.
pub(super) struct Node {
    /// `host:port`; behind Sentinel, that of a Sentinel.
    pub(super) address: String,
    server: Server,
    config: Config,
    client: Client,
    /// Waiting for a replica blocks a connection, so these writes have one of their own.
    replicated: OnceLock<ReplicatedWrites>,
    replicas: Arc<AtomicUsize>,
    has_had_replicas: AtomicBool,
}

impl Node {
    /// Begins to connect. Commands wait for the connection.
    pub(super) fn open(config: Config) -> Result<Self, Error> {
        let node = Self::new(config)?;
        node.client.connect();
        Ok(node)
    }

    /// Connects, or fails.
    pub(super) async fn connect(config: Config) -> Result<Self, Error> {
        let node = Self::new(Config { fail_fast: true, ..config })?;
        node.client.init().await?;
        Ok(node)
    }

    fn new(config: Config) -> Result<Self, Error> {
        let server = config.server.hosts().swap_remove(0);
        let address = format!("{}:{}", server.host, server.port);
        let client = client(config.clone(), TIMEOUT)?;
        Ok(Self {
            address,
            server,
            config,
            client,
            replicated: OnceLock::new(),
            replicas: Arc::default(),
            has_had_replicas: AtomicBool::default(),
        })
    }

    pub(super) fn host(&self) -> &str {
        &self.server.host
    }

    pub(super) fn is_at(&self, server: &Server) -> bool {
        self.server.host == server.host && self.server.port == server.port
    }

    /// Notes how many replicas the node has, on which replicated writes depend.
    pub(super) fn set_replicas(&self, replicas: usize) {
        let before = self.replicas.swap(replicas, Relaxed);
        if replicas > 0 {
            self.has_had_replicas.store(true, Relaxed);
        }
        if before > 0 && replicas == 0 {
            tracing::warn!(
                node = self.address,
                "no replica is connected any more; what is written now is lost if this server is"
            );
        }
    }

    /// The client of all but replicated writes.
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) async fn send(&self, command: Command) -> Result<Value, Error> {
        let (command, arguments) = command.into_parts();
        self.client.custom(command, arguments).await
    }

    /// Sends a command that a cluster's node has redirected here with `ASK` if `is_asking`.
    pub(super) async fn send_with(
        &self,
        command: Command,
        durability: Durability,
        is_asking: bool,
    ) -> Result<Reply, Error> {
        if durability == Durability::Replicated && self.replicas.load(Relaxed) > 0 {
            return self.replicated()?.write(command, is_asking).await;
        }
        let value = if is_asking { self.ask(command).await? } else { self.send(command).await? };
        // Replicas that are not connected any more may still take over, without this write.
        let is_confirmed = durability == Durability::Primary || !self.has_had_replicas.load(Relaxed);
        Ok(Reply { value, is_confirmed })
    }

    /// `ASKING` applies to the next command of its connection, so both are sent as one pipeline.
    async fn ask(&self, command: Command) -> Result<Value, Error> {
        let pipeline = self.client.pipeline();
        for command in [Command::new("ASKING"), command] {
            let (command, arguments) = command.into_parts();
            let _: Value = pipeline.custom(command, arguments).await?;
        }
        pipeline.try_all().await.pop().unwrap_or_else(|| Ok(Value::Null))
    }

    fn replicated(&self) -> Result<&ReplicatedWrites, Error> {
        if let Some(writes) = self.replicated.get() {
            return Ok(writes);
        }
        let config = Config { fail_fast: false, ..self.config.clone() };
        let client = client(config, TIMEOUT + super::replicated::WAIT)?;
        client.connect();
        // Of two that raced, one is closed again when it is dropped.
        Ok(self.replicated.get_or_init(|| ReplicatedWrites::start(client, self.replicas.clone())))
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        close(self.client.clone());
    }
}

/// Ends a client's connection and its task.
pub(super) fn close(client: Client) {
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(async move {
            let _ = client.quit().await;
        });
    }
}

fn client(config: Config, command_timeout: Duration) -> Result<Client, Error> {
    Builder::from_config(config)
        .with_connection_config(|connection| {
            connection.connection_timeout = TIMEOUT;
            connection.internal_command_timeout = TIMEOUT;
            // A command on a dead connection fails at once rather than wait for a new connection. It may have been executed.
            connection.max_command_attempts = 1;
            connection.unresponsive.max_timeout = Some(TIMEOUT);
        })
        .with_performance_config(|performance| performance.default_command_timeout = command_timeout)
        .set_policy(ReconnectPolicy::new_exponential(0, 50, 1000, 2))
        .build()
}
