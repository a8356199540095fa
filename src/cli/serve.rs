//! `tributary serve`: starts the server and everything beside it, and stops it in order.

use std::{
    io::{IsTerminal, Write, stdout},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, bail};
use secrecy::ExposeSecret;
use tokio::{
    net::TcpListener,
    sync::oneshot,
    time::{Instant, timeout_at},
};

use super::encryption_keys;
use crate::{
    model::AppError,
    server::{
        AppState, access,
        config::{Config, DataDir},
        failpoint,
        grants::{Grants, RefreshScheduler},
        providers, raise_open_file_limit, router, serve_until_stopped, store,
    },
};

/// How long before the end of a shutdown tokens are given up whose account is still unknown, so that they can be revoked.
const REVOCATION_TIME: Duration = Duration::from_secs(5);

/// Runs the server until SIGINT or SIGTERM.
pub(super) async fn run(config: Config) -> anyhow::Result<()> {
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("TRIBUTARY_LISTEN is {}, and that address can't be used", config.listen))?;
    let redis_url = config.redis_url.as_ref().map(ExposeSecret::expose_secret);
    if redis_url.is_none() {
        DataDir::create(&config.data_dir)?;
    }
    let store =
        store::open(redis_url.map(|url| (url, config.redis_eviction)), &config.data_dir, config.store_cache_bytes)
            .await?;
    #[cfg(feature = "sandbox")]
    if let Some(listen) = config.sandbox_listen {
        super::sandbox::start(listen).await?;
    }
    let store_kind = if config.redis_url.is_some() { "redis" } else { "embedded" };
    let open_files = raise_open_file_limit();
    tracing::info!(listen = %listener.local_addr()?, public_url = %config.public_url, store = store_kind, "serving");
    warn_about_ports(&config);
    warn_about_unconfigured_providers(&config);

    let state = AppState::new(config, store, Arc::new(failpoint::now))?;
    // Until the store was probed, `/readyz` would say that it was not. A failure may pass, and the probe has logged it.
    state.probe.run().await;
    let missing_keys = state.grants.vault.missing_keys().await?;
    if !missing_keys.is_empty() {
        bail!(encryption_keys::missing(&missing_keys));
    }
    print_greeting(&state).await?;

    let (grants, probe, shutdown_time) = (state.grants.clone(), state.probe.clone(), state.config.shutdown_time);
    let loads = state.load_limits.clone();
    let probing = tokio::spawn(async move { probe.repeat().await });
    let (stop_scheduler, stopped) = oneshot::channel::<()>();
    let scheduler = state.config.refresh_scheduler.then(|| {
        let scheduler = RefreshScheduler::new(grants.clone());
        tokio::spawn(scheduler.run_until(async move { _ = stopped.await }))
    });
    let limits = state.config.connection_limits.clone().within_open_files(open_files);
    // Tokens that a provider is just issuing need the rest of the time.
    let served = serve_until_stopped(listener, router(state), limits, shutdown_time * 2 / 5).await;
    let stopped_at = served.as_ref().map_or_else(|_| Instant::now(), |at| *at);
    probing.abort();
    drop(stop_scheduler);
    // What is still running is recorded as stopped.
    loads.stop();
    let _ = timeout_at(stopped_at + shutdown_time / 2, loads.idle()).await;
    save_tokens(&grants, stopped_at + shutdown_time).await;
    if let Some(scheduler) = scheduler {
        // It gives its lease back, unless the store hangs.
        let _ = timeout_at(stopped_at + shutdown_time, scheduler).await;
    }
    tracing::info!("stopped");
    served.map(|_| ())
}

/// Says where the page is. A sign-in link is printed only where somebody is looking: logs are kept, and read by others.
async fn print_greeting(state: &AppState) -> anyhow::Result<()> {
    let url = state.config.public("/");
    if !stdout().is_terminal() {
        // Whoever started it may have stopped reading.
        let _ = writeln!(stdout(), "Tributary is at {url}. For a sign-in link, run: tributary sign-in");
        return Ok(());
    }
    let link = access::create_sign_in_link(state).await.map_err(|AppError { detail, .. }| anyhow::anyhow!(detail))?;
    let _ = writeln!(stdout(), "\n  Tributary is at {url}\n  Sign in (once): {link}\n");
    Ok(())
}

/// Waits until the tokens that providers are just issuing are saved: otherwise they would be lost, and an old refresh token
/// may be used up by now.
async fn save_tokens(grants: &Grants, deadline: Instant) {
    let refresher = &grants.refresher;
    let give_up_at = deadline - REVOCATION_TIME.min(deadline.duration_since(Instant::now()) / 2);
    if timeout_at(give_up_at, refresher.idle()).await.is_ok() {
        return;
    }
    refresher.give_up_connecting();
    if timeout_at(deadline, refresher.idle()).await.is_err() {
        tracing::warn!("a refresh or a new connection was cut off; set TRIBUTARY_SHUTDOWN_SECONDS to allow more time");
    }
}

fn warn_about_ports(config: &Config) {
    let is_local = config.public_url.host_str() == Some("localhost");
    if is_local && config.public_url.port_or_known_default() != Some(config.listen.port()) {
        tracing::warn!("TRIBUTARY_PUBLIC_URL and TRIBUTARY_LISTEN have different ports. If you change one, set both");
    }
}

/// With a public page, or beside a real app, there are no stand-ins. Whoever expects them should not have to guess.
fn warn_about_unconfigured_providers(config: &Config) {
    for provider in providers::ALL.iter().filter(|provider| config.provider(provider).client.is_none()) {
        let (id, secret) = (provider.variable("CLIENT_ID"), provider.variable("CLIENT_SECRET"));
        tracing::warn!(provider = provider.slug, set = format!("{id}, {secret}"), "not configured");
    }
}
