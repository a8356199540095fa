//! `tributary keys`: the encryption keys of the vault. It works on the store itself, or asks the server that owns the file.

use std::fmt::Write;

use anyhow::{Context, bail};
use axum::{
    Json,
    extract::{Path, State},
};
use clap::Subcommand;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use super::{
    AppState,
    access::Caller,
    actor::Actor,
    config::{self, AdminAccess, Config},
    failpoint,
    serve::ask_server,
    store,
    tokens::{Census, Keyring, Rotated},
};
use crate::model::{ActorKind, AppError, ErrorCode};

/// What can be done with encryption keys.
#[derive(Subcommand)]
pub enum Command {
    /// Say how many grants are sealed under each key
    List,
    /// Print a new key for TRIBUTARY_ENCRYPTION_KEYS: behind the others on all servers first, then in front of them
    New,
    /// Seal every grant anew under the first key, while servers run; may be interrupted and run again
    Rotate,
    /// Give up the grants under a key that is lost: their users have to connect again
    Abandon {
        /// The lost key's id
        id: String,
    },
}

/// What the server answers about keys.
#[derive(Default, Serialize, Deserialize)]
pub struct Keys {
    /// How many grants are sealed under each.
    pub under: Census,
    /// The ids that the server has, the sealing one first.
    pub ids: Vec<String>,
}

/// How many grants were given up.
#[derive(Serialize, Deserialize)]
pub struct Abandoned {
    abandoned: usize,
}

/// Runs the command and prints what it did.
pub async fn run(command: Command) -> anyhow::Result<()> {
    if matches!(command, Command::New) {
        println!("{}", Keyring::generate().expose_secret());
        return Ok(());
    }
    match own_store().await? {
        Store::Ours(state) => Actor::of(ActorKind::CommandLine).act(here(&state, command)).await,
        Store::OfServer { first } => at_server(&AdminAccess::from_env()?, command, &first).await,
    }
}

/// Who can get at the store.
enum Store {
    Ours(Box<AppState>),
    /// A running server owns the file. `first` is the key that would seal if this were it.
    OfServer {
        first: String,
    },
}

async fn own_store() -> anyhow::Result<Store> {
    config::stored_somewhere()?;
    let config = Config::from_env()?;
    let first = config.encryption_keys.first_id().to_owned();
    let redis_url = config.redis_url.as_ref().map(ExposeSecret::expose_secret);
    match store::open(redis_url, &config.data_dir).await {
        Ok(store) => Ok(Store::Ours(Box::new(AppState::new(config, store, std::sync::Arc::new(failpoint::now))?))),
        Err(error) if error.is::<store::InUse>() => Ok(Store::OfServer { first }),
        Err(error) => Err(error),
    }
}

async fn here(state: &AppState, command: Command) -> anyhow::Result<()> {
    let told = |error: AppError| anyhow::anyhow!(error.detail);
    match command {
        Command::List => print_list(&list(state).await.map_err(told)?),
        Command::Rotate => print_rotated(&state.tokens.rotate_keys().await.map_err(told)?)?,
        Command::Abandon { id } => print_abandoned(&id, state.tokens.abandon_key(&id).await.map_err(told)?),
        Command::New => {}
    }
    Ok(())
}

async fn at_server(access: &AdminAccess, command: Command, first: &str) -> anyhow::Result<()> {
    let keys: Keys = answer(access, http::Method::GET, "/keys").await?;
    if keys.ids.first().is_some_and(|id| id != first) {
        bail!(
            "the running server seals with the key {}, and here {first} stands first. Restart the server, so that it knows the same keys",
            keys.ids[0]
        );
    }
    match command {
        Command::List => print_list(&keys),
        Command::Rotate => print_rotated(&answer(access, http::Method::POST, "/keys/rotation").await?)?,
        Command::Abandon { id } => {
            let Abandoned { abandoned } = answer(access, http::Method::DELETE, &format!("/keys/{id}")).await?;
            print_abandoned(&id, abandoned);
        }
        Command::New => {}
    }
    Ok(())
}

async fn answer<T: serde::de::DeserializeOwned>(
    access: &AdminAccess,
    method: http::Method,
    path: &str,
) -> anyhow::Result<T> {
    let answer = ask_server(access, method, path).await?;
    serde_json::from_value(answer).context("the running server is of another version; restart it")
}

fn print_list(keys: &Keys) {
    for (place, id) in keys.ids.iter().enumerate() {
        let role = if place == 0 { "seals and opens" } else { "opens" };
        println!("{id}: {} ({role})", grants(keys.under.get(id).copied().unwrap_or_default()));
    }
    for (id, count) in keys.under.iter().filter(|(id, _)| !keys.ids.contains(id) && !id.is_empty()) {
        println!("{id}: {} (the key is missing)", grants(*count));
    }
}

fn print_rotated(rotated: &Rotated) -> anyhow::Result<()> {
    println!("{} sealed anew, under the key {}.", grants(rotated.rotated), rotated.first);
    for (id, count) in rotated.under.iter().filter(|(id, _)| !id.is_empty()) {
        println!("{id}: {}", grants(*count));
    }
    println!("Attempts to connect that are under way have the old key for ten minutes: drop it after that.");
    if !rotated.unreadable.is_empty() {
        let mut told = format!("{} could not be opened with any of the keys:", grants(rotated.unreadable.len()));
        for place in rotated.unreadable.iter().take(20) {
            // Writing to a String does not fail.
            let _ = write!(told, "\n  {place}");
        }
        bail!(told);
    }
    Ok(())
}

fn print_abandoned(id: &str, count: usize) {
    println!("{} under the key {id} given up. Their users are asked to connect again.", grants(count));
}

fn grants(count: usize) -> String {
    if count == 1 { "1 grant".to_owned() } else { format!("{count} grants") }
}

/// Why a server does not start without a key; what to do.
pub fn missing(census: &Census) -> String {
    let counts: Vec<_> = census.iter().map(|(id, count)| format!("{} under the key {id}", grants(*count))).collect();
    format!(
        "the store has {}, and TRIBUTARY_ENCRYPTION_KEYS does not name that key. Put it back behind the new one, and drop it only when `tributary keys rotate` has moved what it sealed. If it is lost: tributary keys abandon {}",
        counts.join(", "),
        census.keys().next().map_or("", String::as_str)
    )
}

async fn list(state: &AppState) -> Result<Keys, AppError> {
    let ids = state.config.encryption_keys.ids().map(str::to_owned).collect();
    Ok(Keys { under: state.tokens.census().await?, ids })
}

/// `GET /keys`. Programs only, as the others.
pub async fn list_keys(State(state): State<AppState>, caller: Caller) -> Result<Json<Keys>, AppError> {
    program(caller)?;
    Ok(Json(list(&state).await?))
}

/// `POST /keys/rotation`.
pub async fn rotate_keys(State(state): State<AppState>, caller: Caller) -> Result<Json<Rotated>, AppError> {
    program(caller)?;
    Ok(Json(state.tokens.rotate_keys().await?))
}

/// `DELETE /keys/{id}`: gives up what a lost key sealed.
pub async fn abandon_key(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Abandoned>, AppError> {
    program(caller)?;
    Ok(Json(Abandoned { abandoned: state.tokens.abandon_key(&id).await? }))
}

fn program(caller: Caller) -> Result<(), AppError> {
    match caller {
        Caller::Program => Ok(()),
        Caller::Browser => {
            Err(AppError::new(ErrorCode::Forbidden, "Only a program with the API key may see to encryption keys."))
        }
    }
}
