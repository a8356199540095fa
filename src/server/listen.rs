//! Serving a router until the process is asked to stop, and what a process sets up once.

use std::{net::SocketAddr, sync::OnceLock, time::Duration};

use axum::Router;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::watch,
    time::Instant,
};

/// Selects the TLS implementation and the runtime of Leptos's tasks. Every call after the first does nothing.
pub fn set_up_process() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let _ = any_spawner::Executor::init_tokio();
}

/// Serves until SIGINT or SIGTERM, then lets responses in flight finish within the grace period. Returns when it was asked
/// to stop.
pub async fn serve_until_stopped(
    listener: TcpListener,
    app: Router,
    grace_period: Duration,
) -> anyhow::Result<Instant> {
    let (stop, mut stopped) = watch::channel(());
    let stopped_at = OnceLock::new();
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    let graceful = axum::serve(listener, app).with_graceful_shutdown(async move {
        // An error means that the sender was dropped, which is a reason to stop too.
        let _ = stopped.changed().await;
    });
    let timed_out = async {
        stop_signal().await?;
        let _ = stopped_at.set(Instant::now());
        tracing::info!("stopping");
        stop.send(())?;
        tokio::time::sleep(grace_period).await;
        anyhow::Ok(())
    };
    tokio::select! {
        served = graceful.into_future() => served?,
        timed_out = timed_out => {
            timed_out?;
            tracing::warn!("some responses were cut off");
        }
    }
    Ok(stopped_at.into_inner().unwrap_or_else(Instant::now))
}

async fn stop_signal() -> anyhow::Result<()> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}
