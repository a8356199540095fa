//! Serving a router until the process is asked to stop, and what a process sets up once.

use std::{net::SocketAddr, time::Duration};

use axum::Router;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::watch,
};

/// How long responses in flight may take after the process was asked to stop.
const GRACE_PERIOD: Duration = Duration::from_secs(10);

/// Selects the TLS implementation and the runtime of Leptos's tasks. Every call after the first does nothing.
pub fn set_up_process() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let _ = any_spawner::Executor::init_tokio();
}

/// Serves until SIGINT or SIGTERM, then lets responses in flight finish.
pub async fn serve_until_stopped(listener: TcpListener, app: Router) -> anyhow::Result<()> {
    let (stop, mut stopped) = watch::channel(());
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    let graceful = axum::serve(listener, app).with_graceful_shutdown(async move {
        // An error means that the sender was dropped, which is a reason to stop too.
        let _ = stopped.changed().await;
    });
    let timed_out = async move {
        stop_signal().await?;
        tracing::info!("stopping");
        stop.send(())?;
        tokio::time::sleep(GRACE_PERIOD).await;
        anyhow::Ok(())
    };
    tokio::select! {
        served = graceful.into_future() => served?,
        timed_out = timed_out => {
            timed_out?;
            tracing::warn!("some responses were cut off");
        }
    }
    tracing::info!("stopped");
    Ok(())
}

async fn stop_signal() -> anyhow::Result<()> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}
