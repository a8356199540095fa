//! The sandbox beside a server. `tributary sandbox` runs it on its own.

use std::{io::ErrorKind, net::SocketAddr, time::Duration};

use anyhow::Context;
use tokio::net::TcpListener;
use tributary_sandbox as sandbox;

use super::admin_client::local_client;

/// How often a process tries to take over a sandbox that it shares.
const TAKE_OVER_INTERVAL: Duration = Duration::from_secs(1);

/// Starts the sandbox, or shares the one that another process on this machine has started there. When that process stops,
/// this one takes over.
pub(super) async fn start(listen: SocketAddr) -> anyhow::Result<()> {
    match TcpListener::bind(listen).await {
        Ok(listener) => {
            tokio::spawn(serve(listener));
            tracing::info!(%listen, "sandbox started: stand-ins replace the providers without a client id");
            Ok(())
        }
        Err(error) if error.kind() == ErrorKind::AddrInUse && is_sandbox(listen).await => {
            tracing::info!(%listen, "sandbox shared with another process");
            tokio::spawn(async move {
                let listener = loop {
                    tokio::time::sleep(TAKE_OVER_INTERVAL).await;
                    if let Ok(listener) = TcpListener::bind(listen).await {
                        break listener;
                    }
                };
                tracing::info!(%listen, "sandbox taken over from a process that stopped");
                serve(listener).await;
            });
            Ok(())
        }
        Err(error) => {
            Err(error).with_context(|| format!("TRIBUTARY_SANDBOX_LISTEN is {listen}, and that address can't be used"))
        }
    }
}

async fn serve(listener: TcpListener) {
    let public_url = listener.local_addr().map(|address| format!("http://{address}")).unwrap_or_default();
    let options = sandbox::Options {
        public_url,
        records: sandbox::Records::default(),
        latency: Duration::ZERO,
        limits: true,
        seed: sandbox::DEFAULT_SEED,
    };
    if let Err(error) = axum::serve(listener, sandbox::router(options)).await {
        tracing::error!(%error, "the sandbox failed");
    }
}

async fn is_sandbox(listen: SocketAddr) -> bool {
    let Ok(client) = local_client() else { return false };
    let request = client.get(format!("http://{listen}/__sandbox/stats")).timeout(Duration::from_secs(2));
    request.send().await.is_ok_and(|response| response.status().is_success())
}
