//! The command line of the sandbox, shared by its own binary and by programs that embed it as a subcommand.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::oneshot,
};

use crate::{DEFAULT_SEED, Options, Records, router};

/// How long requests in progress may take to finish once the sandbox was told to stop.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);

#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1:8001")]
    pub listen: SocketAddr,
    /// Number of records: a total for HubSpot such as 15000, or counts by kind such as contacts=9000,deals=50
    #[arg(long, default_value_t)]
    pub records: Records,
    /// Milliseconds by which every response is delayed
    #[arg(long, default_value_t = 0)]
    pub latency_ms: u64,
    /// Do not enforce the providers' rate limits
    #[arg(long)]
    pub no_limits: bool,
    /// Seed of the generated records; the same seed generates the same records
    #[arg(long, default_value_t = DEFAULT_SEED)]
    pub seed: u64,
}

/// Runs the sandbox until the process receives SIGINT or SIGTERM.
pub async fn serve(arguments: Arguments) -> io::Result<()> {
    let listen = arguments.listen;
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|error| io::Error::new(error.kind(), format!("cannot listen on {listen} (--listen): {error}")))?;
    let address = listener.local_addr()?;
    let app = router(Options {
        public_url: format!("http://{address}"),
        records: arguments.records,
        latency: Duration::from_millis(arguments.latency_ms),
        limits: !arguments.no_limits,
        seed: arguments.seed,
    });
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    println!("sandbox listening on http://{address}");
    let (stopping, stopped) = oneshot::channel();
    let server = axum::serve(listener, app).with_graceful_shutdown(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        let _ = stopping.send(());
    });
    let deadline = async {
        let _ = stopped.await;
        tokio::time::sleep(SHUTDOWN_GRACE).await;
    };
    tokio::select! {
        served = server => served,
        () = deadline => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct CommandLine {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn parsed(arguments: &[&str]) -> Result<Arguments, clap::Error> {
        let name = std::iter::once(&"sandbox");
        CommandLine::try_parse_from(name.chain(arguments)).map(|command_line| command_line.arguments)
    }

    #[test]
    fn without_arguments_the_sandbox_starts_with_its_defaults() {
        let arguments = parsed(&[]).unwrap();
        assert_eq!(arguments.listen.to_string(), "127.0.0.1:8001");
        assert_eq!(arguments.records, Records::default());
        assert_eq!((arguments.latency_ms, arguments.no_limits, arguments.seed), (0, false, DEFAULT_SEED));
    }

    #[test]
    fn invalid_records_are_rejected_with_their_sentence() {
        let error = parsed(&["--records", "tickets=1"]).unwrap_err().to_string();
        assert!(error.contains("There are no records called \"tickets\"."), "{error}");
    }
}
