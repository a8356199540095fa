//! What a command needs to ask the running server.

use std::{net::SocketAddr, path::PathBuf};

use anyhow::Context;
use secrecy::SecretString;

use super::{ADDRESS, reader::Reader};
use crate::server::{data_dir::DataDir, store};

/// Fails when there is no store that a command could work on: it must not make an empty one in the wrong folder.
pub fn stored_somewhere() -> anyhow::Result<()> {
    let reader = Reader(&|name| std::env::var(name).ok());
    let file = PathBuf::from(reader.text("TRIBUTARY_DATA_DIR")).join(store::FILE);
    anyhow::ensure!(
        reader.optional("REDIS_URL").is_some() || file.exists(),
        "there is no store: {} is not there, and REDIS_URL is not set. Run this where the server runs, or set TRIBUTARY_DATA_DIR or REDIS_URL as the server has it",
        file.display()
    );
    Ok(())
}

/// Where the server is and the key that it knows. Reading it makes nothing.
pub struct AdminAccess {
    /// `TRIBUTARY_LISTEN`.
    pub listen: SocketAddr,
    /// `TRIBUTARY_API_KEY`, or the admin key in the data folder.
    pub api_key: SecretString,
}

impl AdminAccess {
    /// Reads the process's environment.
    pub fn from_env() -> anyhow::Result<Self> {
        let reader = Reader(&|name| std::env::var(name).ok());
        let api_key = match reader.optional("TRIBUTARY_API_KEY") {
            Some(key) => key.into(),
            None => DataDir::new(reader.text("TRIBUTARY_DATA_DIR").into()).read("admin-key")?.context(
                "the data folder has no file admin-key. Run this where the server runs, or set TRIBUTARY_DATA_DIR or TRIBUTARY_API_KEY as the server has it",
            )?,
        };
        Ok(Self { listen: reader.parsed("TRIBUTARY_LISTEN", ADDRESS)?, api_key })
    }
}
