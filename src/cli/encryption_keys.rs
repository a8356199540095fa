//! `tributary encryption-keys`: manages the encryption keys of the vault.
//!
//! It opens the store itself, or sends its request to the server that owns the embedded store.

use std::{fmt::Write, path::PathBuf, sync::Arc};

use anyhow::bail;
use clap::Subcommand;
use http::Method;
use secrecy::ExposeSecret;

use super::admin_client::AdminClient;
use crate::{
    model::AppError,
    server::{
        AppState,
        audit::Actor,
        config::{Config, Reader},
        crypto::Keyring,
        failpoint,
        grants::{AbandonError, KeyUsage, Rotated},
        rest::{Abandoned, EncryptionKeys, encryption_keys, rotate_keys},
        store,
    },
};

/// What can be done with encryption keys.
#[derive(Subcommand)]
pub enum Command {
    /// Print how many grants each key encrypts
    List,
    /// Print a new key: append it to TRIBUTARY_ENCRYPTION_KEYS on all servers, then move it to the front
    New,
    /// Re-encrypt every grant with the first key, while servers run; can be interrupted and run again
    Rotate,
    /// Give up the grants that a lost key encrypts: their users have to reconnect
    Abandon {
        /// The id of the lost key
        id: String,
    },
}

/// How many unreadable grants an error lists.
const LISTED: usize = 20;

pub(super) async fn run(command: Command) -> anyhow::Result<()> {
    if matches!(command, Command::New) {
        println!("{}", Keyring::generate().expose_secret());
        return Ok(());
    }
    match open_store().await? {
        OpenStore::Ours(state) => run_here(&state, command).await,
        OpenStore::OfServer { current_key } => run_at_server(command, &current_key).await,
    }
}

enum OpenStore {
    Ours(Box<AppState>),
    /// A running server owns the embedded store. `current_key` is the key that encrypts by our configuration.
    OfServer {
        current_key: String,
    },
}

async fn open_store() -> anyhow::Result<OpenStore> {
    require_store()?;
    let config = Config::from_env()?;
    let current_key = config.encryption_keys.current_id().to_owned();
    let redis_url = config.redis_url.as_ref().map(ExposeSecret::expose_secret);
    match store::open(redis_url.map(|url| (url, config.redis_eviction)), &config.data_dir, config.store_cache_bytes)
        .await
    {
        Ok(store) => Ok(OpenStore::Ours(Box::new(AppState::new(config, store, Arc::new(failpoint::now))?))),
        Err(error) if error.is::<store::InUse>() => Ok(OpenStore::OfServer { current_key }),
        Err(error) => Err(error),
    }
}

/// Fails if there is no store: the command must not create an empty one in the wrong folder.
fn require_store() -> anyhow::Result<()> {
    let reader = Reader(&|name| std::env::var(name).ok());
    let file = PathBuf::from(reader.text("TRIBUTARY_DATA_DIR")).join(store::FILE);
    anyhow::ensure!(
        reader.optional("REDIS_URL").is_some() || file.exists(),
        "there is no store: {} does not exist, and REDIS_URL is not set. Run this where the server runs, or set TRIBUTARY_DATA_DIR or REDIS_URL as for the server",
        file.display()
    );
    Ok(())
}

async fn run_here(state: &AppState, command: Command) -> anyhow::Result<()> {
    let detail = |error: AppError| anyhow::anyhow!(error.detail);
    let actor = Actor::command_line();
    match command {
        Command::List => print_list(&encryption_keys(state).await.map_err(|error| detail(error.into()))?),
        Command::Rotate => {
            print_rotated(&rotate_keys(state, &actor).await.map_err(detail)?)?;
        }
        Command::Abandon { id } => {
            let abandoned = state.grants.abandon_key(&id, &actor).await.map_err(|error| match error {
                AbandonError::KeyIsConfigured => anyhow::anyhow!(is_configured(&id)),
                AbandonError::Grant(error) => detail(error.into()),
            })?;
            print_abandoned(&id, abandoned);
        }
        Command::New => {}
    }
    Ok(())
}

async fn run_at_server(command: Command, current_key: &str) -> anyhow::Result<()> {
    let client = AdminClient::from_env()?;
    let keys: EncryptionKeys = client.request(Method::GET, "/encryption-keys").await?;
    if keys.ids.first().is_some_and(|id| id != current_key) {
        bail!(
            "the running server encrypts with the key {}, but {current_key} is first in the configuration. Restart the server",
            keys.ids[0]
        );
    }
    match command {
        Command::List => print_list(&keys),
        Command::Rotate => print_rotated(&client.request(Method::POST, "/encryption-keys/rotation").await?)?,
        Command::Abandon { id } => {
            let path = format!("/encryption-keys/{id}");
            let Abandoned { abandoned } = client.request(Method::DELETE, &path).await?;
            print_abandoned(&id, abandoned);
        }
        Command::New => {}
    }
    Ok(())
}

fn print_list(keys: &EncryptionKeys) {
    for (index, id) in keys.ids.iter().enumerate() {
        let role = if index == 0 { "encrypts and decrypts" } else { "decrypts" };
        println!("{id}: {} ({role})", grants(keys.usage.get(id).copied().unwrap_or_default()));
    }
    for (id, count) in keys.usage.iter().filter(|(id, _)| !keys.ids.contains(id) && !id.is_empty()) {
        println!("{id}: {} (the key is missing)", grants(*count));
    }
}

fn print_rotated(rotated: &Rotated) -> anyhow::Result<()> {
    println!("Re-encrypted {} with the key {}.", grants(rotated.rotated), rotated.key_id);
    for (id, count) in rotated.usage.iter().filter(|(id, _)| !id.is_empty()) {
        println!("{id}: {}", grants(*count));
    }
    println!("Attempts to connect that are under way need the old key for ten more minutes. Remove it after that.");
    if !rotated.unreadable.is_empty() {
        let mut message = format!("{} could not be decrypted with any of the keys:", grants(rotated.unreadable.len()));
        for key in rotated.unreadable.iter().take(LISTED) {
            // Writing to a String cannot fail.
            let _ = write!(message, "\n  {key}");
        }
        bail!(message);
    }
    Ok(())
}

fn print_abandoned(id: &str, count: usize) {
    println!("Gave up {} encrypted with the key {id}. Their users are asked to reconnect.", grants(count));
}

fn grants(count: usize) -> String {
    if count == 1 { "1 grant".to_owned() } else { format!("{count} grants") }
}

fn is_configured(id: &str) -> String {
    format!(
        "the key {id} is configured, so nothing that it encrypted is lost. `tributary encryption-keys rotate` re-encrypts it"
    )
}

/// Why a server does not start without a key, and what to do.
pub(super) fn missing(usage: &KeyUsage) -> String {
    let counts: Vec<_> = usage.iter().map(|(id, count)| format!("{} with the key {id}", grants(*count))).collect();
    format!(
        "the store has {}, which TRIBUTARY_ENCRYPTION_KEYS does not include. Append it after the new key, and remove it only after `tributary encryption-keys rotate` has re-encrypted its grants. If it is lost: tributary encryption-keys abandon {}",
        counts.join(", "),
        usage.keys().next().map_or("", String::as_str)
    )
}
