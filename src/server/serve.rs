//! Starting, running and stopping: `tributary serve`, `tributary sandbox`, `tributary sign-in`.

use std::{io::ErrorKind, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context, bail};
use axum::Router;
use secrecy::ExposeSecret;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::watch,
};

use super::{AppState, access, config::Config, data_dir::DataDir, router, sandbox, set_up_process, store};

/// How long answers that are under way may take once the program is asked to stop. Loads end with it.
const GRACE: Duration = Duration::from_secs(10);

/// The sandbox's seed where none is chosen.
pub const SEED: u64 = 1;

/// Runs the server until SIGINT or SIGTERM.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("TRIBUTARY_LISTEN is {}, and that address cannot be used", config.listen))?;
    let redis_url = config.redis_url.as_ref().map(ExposeSecret::expose_secret);
    if redis_url.is_none() {
        DataDir::create(&config.data_dir)?;
    }
    let store = store::open(redis_url, &config.data_dir).await?;
    if let Some(listen) = config.sandbox_listen {
        start_sandbox(listen).await?;
    }

    let stored_in = if config.redis_url.is_some() { "redis" } else { "embedded" };
    tracing::info!(listen = %listener.local_addr()?, public_url = %config.public_url, store = stored_in, "serving");
    let state = AppState::new(config, store, Arc::new(jiff::Timestamp::now))?;
    match access::sign_in_link(&state).await {
        Ok(link) => println!("\n  Tributary is at {}\n  Sign in (once): {link}\n", state.config.public("/")),
        Err(error) => bail!(error.detail),
    }
    run(listener, router(state)).await
}

/// Runs the sandbox alone.
pub async fn serve_sandbox(
    listen: SocketAddr,
    options: impl FnOnce(SocketAddr) -> sandbox::Options,
) -> anyhow::Result<()> {
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("--listen is {listen}, and that address cannot be used"))?;
    let address = listener.local_addr()?;
    println!("sandbox listening on http://{address}");
    run(listener, sandbox::router(options(address))).await
}

/// Asks the running server for a sign-in link, and prints it.
pub async fn print_sign_in_link(config: &Config) -> anyhow::Result<()> {
    set_up_process();
    let url = format!("http://{}/sign-in-links", config.listen);
    let request = reqwest::Client::new().post(&url).bearer_auth(config.api_key.expose_secret()).timeout(GRACE);
    let answer = request.send().await.with_context(|| {
        format!(
            "no Tributary answers at {}. Start it with `tributary serve`, or set TRIBUTARY_LISTEN to where it listens",
            config.listen
        )
    })?;
    let status = answer.status();
    let answer: serde_json::Value = answer.json().await.unwrap_or_default();
    match (answer["url"].as_str(), answer["detail"].as_str()) {
        (Some(link), _) => println!("{link}"),
        (None, Some(detail)) => bail!("the server at {} answered: {detail}", config.listen),
        (None, None) => bail!("what answers at {} (status {status}) is no Tributary", config.listen),
    }
    Ok(())
}

/// Starts the stand-ins, or shares those that another Tributary on this machine has started there.
async fn start_sandbox(listen: SocketAddr) -> anyhow::Result<()> {
    match TcpListener::bind(listen).await {
        Ok(listener) => {
            let options = sandbox::Options {
                public_url: format!("http://{}", listener.local_addr()?),
                records: sandbox::Records::default(),
                latency: Duration::ZERO,
                limits: true,
                seed: SEED,
            };
            tokio::spawn(async move { axum::serve(listener, sandbox::router(options)).await });
            tracing::info!(%listen, "sandbox started: stand-ins answer for the providers without a client id");
            Ok(())
        }
        Err(error) if error.kind() == ErrorKind::AddrInUse && is_sandbox(listen).await => {
            tracing::info!(%listen, "sandbox shared with another process");
            Ok(())
        }
        Err(error) => {
            Err(error).with_context(|| format!("TRIBUTARY_SANDBOX_LISTEN is {listen}, and that address cannot be used"))
        }
    }
}

async fn is_sandbox(listen: SocketAddr) -> bool {
    set_up_process();
    let request =
        reqwest::Client::new().get(format!("http://{listen}/__sandbox/stats")).timeout(Duration::from_secs(2));
    request.send().await.is_ok_and(|answer| answer.status().is_success())
}

async fn run(listener: TcpListener, app: Router) -> anyhow::Result<()> {
    let (stop, mut stopping) = watch::channel(());
    let mut asked = stop.subscribe();
    let graceful = axum::serve(listener, app).with_graceful_shutdown(async move {
        // An error means that the sender is gone, which is a reason to stop too.
        let _ = asked.changed().await;
    });
    let asked_to_stop = async move {
        stop_signal().await?;
        tracing::info!("stopping");
        stop.send(())?;
        tokio::time::sleep(GRACE).await;
        anyhow::Ok(())
    };
    stopping.mark_unchanged();
    tokio::select! {
        served = graceful.into_future() => served?,
        stopped = asked_to_stop => {
            stopped?;
            tracing::warn!("some answers were cut off");
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
