//! The commands of the program.

mod admin_client;
mod encryption_keys;
#[cfg(feature = "sandbox")]
mod sandbox;
mod serve;
mod sign_in;
mod sign_out;

use clap::{Parser, Subcommand};

use crate::server::{
    config::{self, Config},
    telemetry,
};

/// Connects users' HubSpot, Notion and Airtable accounts and loads what is in them as one stream of standard items.
#[derive(Parser)]
#[command(version, after_help = config::help())]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server (the default)
    Serve,
    /// Run the stand-ins for the providers on their own
    #[cfg(feature = "sandbox")]
    Sandbox(tributary_sandbox::Arguments),
    /// Manage encryption keys
    EncryptionKeys {
        #[command(subcommand)]
        command: encryption_keys::Command,
    },
    /// Print a one-time link that signs a browser in to the running server
    SignIn,
    /// Sign out every browser, and make unused sign-in links void
    SignOutEverywhere,
}

/// Runs a command.
pub async fn run(arguments: Arguments) -> anyhow::Result<()> {
    load_env_file()?;
    telemetry::start()?;
    match arguments.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::run(Config::from_env()?).await,
        #[cfg(feature = "sandbox")]
        Command::Sandbox(arguments) => tributary_sandbox::serve(arguments).await.map_err(anyhow::Error::from),
        Command::EncryptionKeys { command } => encryption_keys::run(command).await,
        Command::SignIn => sign_in::run().await,
        Command::SignOutEverywhere => sign_out::run().await,
    }
}

/// Reads the file `.env` in the working folder, if there is one.
fn load_env_file() -> anyhow::Result<()> {
    match dotenvy::from_path(".env") {
        // The library's own error repeats the line, which may contain a secret.
        Err(dotenvy::Error::LineParse(..)) => {
            anyhow::bail!("the file .env has a line that is not NAME=value. Quote a value with spaces: NAME=\"a b\"")
        }
        Err(error) if !error.not_found() => anyhow::bail!("the file .env can't be read: {error}"),
        _ => Ok(()),
    }
}
