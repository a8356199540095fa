//! Starting, running and stopping: `tributary serve`, `tributary sandbox`, `tributary sign-in`.

use std::{io::ErrorKind, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context, bail};
use axum::Router;
use http::{Method, header};
use secrecy::ExposeSecret;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::watch,
};
use tributary_sandbox as sandbox;

use super::{
    AppState, access,
    config::{AdminAccess, Config},
    data_dir::DataDir,
    failpoint, keys, router, set_up_process, store,
    tokens::Keeper,
};

/// How long answers that are under way may take once the program is asked to stop. Loads end with it.
const GRACE: Duration = Duration::from_secs(10);

/// How long refreshes that are under way may take after that: as long as a provider may take to answer, and more.
const REFRESHES: Duration = Duration::from_secs(35);

/// The sandbox's seed where none is chosen.
pub const SEED: u64 = 1;

/// How often a shared sandbox is looked after.
const TAKE_OVER: Duration = Duration::from_secs(1);

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
    if config.public_url.host_str() == Some("localhost")
        && config.public_url.port_or_known_default() != Some(config.listen.port())
    {
        tracing::warn!("TRIBUTARY_PUBLIC_URL and TRIBUTARY_LISTEN name different ports; set both when one is changed");
    }
    let state = AppState::new(config, store, Arc::new(failpoint::now))?;
    match state.tokens.missing_keys().await {
        Ok(missing) if missing.is_empty() => {}
        Ok(missing) => bail!(keys::missing(&missing)),
        Err(error) => bail!(error.detail),
    }
    match access::sign_in_link(&state).await {
        Ok(link) => println!("\n  Tributary is at {}\n  Sign in (once): {link}\n", state.config.public("/")),
        Err(error) => bail!(error.detail),
    }
    let tokens = state.tokens.clone();
    let keeper = state.config.keeper.then(|| tokio::spawn(Keeper::new(tokens.clone()).run()));
    let served = run(listener, router(state)).await;
    if let Some(keeper) = keeper {
        keeper.abort();
    }
    // What a provider is just making would be lost, where the old refresh token is spent by then.
    if tokio::time::timeout(REFRESHES, tokens.refreshes_ended()).await.is_err() {
        tracing::warn!("a refresh was cut off");
    }
    served
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
pub async fn print_sign_in_link(access: &AdminAccess) -> anyhow::Result<()> {
    let answer = ask_server(access, Method::POST, "/sign-in-links").await?;
    println!("{}", answer["url"].as_str().context("the running server is of another version; restart it")?);
    Ok(())
}

/// Asks the running server as the operator's program, and gives what it answers.
pub(super) async fn ask_server(access: &AdminAccess, method: Method, path: &str) -> anyhow::Result<serde_json::Value> {
    let request = local_client()?.request(method, format!("http://{}{path}", access.listen));
    // However the address is written, the server knows itself by this name.
    let request = request.header(header::HOST, format!("localhost:{}", access.listen.port()));
    let request = request.bearer_auth(access.api_key.expose_secret());
    let answer = request.send().await.with_context(|| {
        format!(
            "no Tributary answers at {}. Start it with `tributary serve`, or set TRIBUTARY_LISTEN to where it listens",
            access.listen
        )
    })?;
    let status = answer.status();
    let answer: serde_json::Value = answer.json().await.unwrap_or_default();
    match answer["detail"].as_str() {
        Some(detail) => bail!("the server at {} answered: {detail}", access.listen),
        None if status.is_success() && !answer.is_null() => Ok(answer),
        None => bail!("what answers at {} (status {status}) is no Tributary", access.listen),
    }
}

/// Starts the stand-ins, or shares those that another Tributary on this machine has started there. When that one stops,
/// this one takes them over.
async fn start_sandbox(listen: SocketAddr) -> anyhow::Result<()> {
    match TcpListener::bind(listen).await {
        Ok(listener) => {
            tokio::spawn(serve_stand_ins(listener));
            tracing::info!(%listen, "sandbox started: stand-ins answer for the providers without a client id");
            Ok(())
        }
        Err(error) if error.kind() == ErrorKind::AddrInUse && is_sandbox(listen).await => {
            tracing::info!(%listen, "sandbox shared with another process");
            tokio::spawn(async move {
                let listener = loop {
                    tokio::time::sleep(TAKE_OVER).await;
                    if let Ok(listener) = TcpListener::bind(listen).await {
                        break listener;
                    }
                };
                tracing::info!(%listen, "sandbox taken over from a process that stopped");
                serve_stand_ins(listener).await;
            });
            Ok(())
        }
        Err(error) => {
            Err(error).with_context(|| format!("TRIBUTARY_SANDBOX_LISTEN is {listen}, and that address cannot be used"))
        }
    }
}

async fn serve_stand_ins(listener: TcpListener) {
    let public_url = listener.local_addr().map(|address| format!("http://{address}")).unwrap_or_default();
    let options = sandbox::Options {
        public_url,
        records: sandbox::Records::default(),
        latency: Duration::ZERO,
        limits: true,
        seed: SEED,
    };
    if let Err(error) = axum::serve(listener, sandbox::router(options)).await {
        tracing::error!(%error, "the sandbox ended");
    }
}

async fn is_sandbox(listen: SocketAddr) -> bool {
    let Ok(client) = local_client() else { return false };
    let request = client.get(format!("http://{listen}/__sandbox/stats")).timeout(Duration::from_secs(2));
    request.send().await.is_ok_and(|answer| answer.status().is_success())
}

/// For servers on this machine: what is said to them must not go through a proxy.
fn local_client() -> reqwest::Result<reqwest::Client> {
    set_up_process();
    reqwest::Client::builder().no_proxy().connect_timeout(GRACE).build()
}

async fn run(listener: TcpListener, app: Router) -> anyhow::Result<()> {
    let (stop, mut asked) = watch::channel(());
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
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
