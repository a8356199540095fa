//! The binary `tributary-sandbox`.

use std::process::ExitCode;

use clap::Parser;
use tributary_sandbox::{Arguments, serve};

/// Stand-ins for HubSpot, Notion and Airtable that their own SDKs accept, for testing an integration
#[derive(Parser)]
#[command(version)]
struct CommandLine {
    #[command(flatten)]
    arguments: Arguments,
}

#[tokio::main]
async fn main() -> ExitCode {
    match serve(CommandLine::parse().arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tributary-sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}
