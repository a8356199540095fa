//! Serving a router over HTTP/1.1 until the process is asked to stop, and what a process sets up once.
//!
//! Anybody can open connections and send, or read, as slowly as they like. So connections are limited in all and for each
//! address, and each wait for a client has a deadline. HTTP/2 is left to a proxy, as TLS is: browsers speak it with TLS only.

mod connection;
mod deadlines;
mod open_files;
mod refusal;
mod slots;
mod waiting;

use std::{pin::pin, process, time::Duration};

use axum::Router;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::watch,
    time::Instant,
};

pub use deadlines::Timeouts;
pub use open_files::raise_limit as raise_open_file_limit;
pub use slots::ConnectionLimits;

use connection::Connection;
use refusal::Refusals;
use slots::Slots;

/// The pause after a connection could not be accepted, for example because the process has too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Selects the TLS implementation and the runtime of Leptos's tasks. Every call after the first does nothing.
pub fn set_up_process() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let _ = any_spawner::Executor::init_tokio();
}

/// A signal so soon after the first is the same one, which a terminal and the program that started this one both sent.
const SAME_SIGNAL: Duration = Duration::from_millis(500);

/// Serves until SIGINT or SIGTERM, then lets responses in flight finish within the grace period. Another SIGINT ends the
/// process at once. Returns when it was asked to stop.
pub async fn serve_until_stopped(
    listener: TcpListener,
    app: Router,
    limits: ConnectionLimits,
    grace_period: Duration,
) -> anyhow::Result<Instant> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let stop = async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("stopping");
        tokio::spawn(async move {
            let stopping_since = Instant::now();
            while interrupt.recv().await.is_some() {
                if stopping_since.elapsed() > SAME_SIGNAL {
                    tracing::warn!(
                        "stopped at once by a second signal; tokens that were just being issued may be lost"
                    );
                    process::exit(130);
                }
            }
        });
    };
    let connections = serve(listener, app, limits, Timeouts::default(), stop).await;
    let stopped_at = Instant::now();
    if tokio::time::timeout(grace_period, connections.shutdown()).await.is_err() {
        tracing::warn!("some responses were cut off");
    }
    Ok(stopped_at)
}

/// Accepts connections until `stop` completes. Returns the connections that are still open, whose `shutdown` waits for
/// their responses in flight.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    limits: ConnectionLimits,
    timeouts: Timeouts,
    stop: impl Future<Output = ()>,
) -> GracefulShutdown {
    let (connections, slots) = (GracefulShutdown::new(), Slots::new(limits, timeouts.make_room));
    let (refusals, mut stop) = (Refusals::default(), pin!(stop));
    // Dropped when this function returns, which tells the connections to stop.
    let (_running, stopping) = watch::channel(());
    let mut failure_logged = None;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => return connections,
        };
        let (stream, peer) = match accepted {
            Ok((stream, peer)) => (stream, peer.ip().to_canonical()),
            Err(error) => {
                if failure_logged.is_none_or(|at: Instant| at.elapsed() > Duration::from_secs(10)) {
                    failure_logged = Some(Instant::now());
                    tracing::error!(%error, "a connection can't be accepted");
                }
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        match slots.take(peer) {
            Ok(slot) => {
                let trusted = slots.trusted_proxies();
                let (app, stopping) = (app.clone(), stopping.clone());
                let connection = Connection { stream, peer, slot, app, trusted, timeouts, stopping };
                tokio::spawn(connection.serve(connections.watcher()));
            }
            Err(full) => refusals.refuse(stream, peer, full),
        }
    }
}
