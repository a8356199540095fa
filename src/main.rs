//! The program: its commands, and nothing of what they do.

use std::{net::SocketAddr, process::ExitCode, time::Duration};

use clap::{Parser, Subcommand};
use tributary::server::{
    config::{self, AdminAccess, Config},
    keys, serve, telemetry,
};
use tributary_sandbox::{self as sandbox, Records};

/// Connects users' HubSpot, Notion and Airtable accounts and loads what is in them as one stream of items.
#[derive(Parser)]
#[command(version, after_help = config::help())]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server (what happens without a command)
    Serve,
    /// Run the stand-ins for the providers alone
    Sandbox {
        /// Where to listen
        #[arg(long, default_value = "127.0.0.1:8001")]
        listen: SocketAddr,
        /// How many records: a total such as 15000, or contacts=1200,companies=400,deals=300
        #[arg(long, default_value = "contacts=1200,companies=400,deals=300")]
        records: Records,
        /// Milliseconds that every answer takes
        #[arg(long, default_value_t = 0)]
        latency_ms: u64,
        /// Answer as many requests as come, instead of the providers' limits
        #[arg(long)]
        no_limits: bool,
        /// Other seeds have other records
        #[arg(long, default_value_t = serve::SEED)]
        seed: u64,
    },
    /// See to the encryption keys of the stored grants
    Keys {
        #[command(subcommand)]
        command: keys::Command,
    },
    /// Print a one-time link that signs a browser in to the running server
    SignIn,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse().command.unwrap_or(Command::Serve)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tributary: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<()> {
    // A file that is not there is fine; one that cannot be read must not be passed over.
    match dotenvy::from_path(".env") {
        // The library's own error repeats the line, which may be a secret.
        Err(dotenvy::Error::LineParse(..)) => {
            anyhow::bail!(
                "the file .env has a line that is not NAME=value. A value with spaces needs quotes: NAME=\"a b\""
            )
        }
        Err(error) if !error.not_found() => anyhow::bail!("the file .env cannot be read: {error}"),
        _ => {}
    }
    telemetry::start()?;
    match command {
        Command::Serve => serve::serve(Config::from_env()?).await,
        Command::Keys { command } => keys::run(command).await,
        Command::SignIn => serve::print_sign_in_link(&AdminAccess::from_env()?).await,
        Command::Sandbox { listen, records, latency_ms, no_limits, seed } => {
            let latency = Duration::from_millis(latency_ms);
            serve::serve_sandbox(listen, |address| sandbox::Options {
                public_url: format!("http://{address}"),
                records,
                latency,
                limits: !no_limits,
                seed,
            })
            .await
        }
    }
}
