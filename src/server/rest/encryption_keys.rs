//! `/encryption-keys`: the endpoints behind `tributary encryption-keys`, for API keys only.

use axum::{
    Json,
    extract::{Path, State},
};
use serde::{Deserialize, Serialize};

use crate::{
    model::{AppError, ErrorCode},
    server::{
        AppState,
        access::{self, Caller},
        audit::Actor,
        grants::{AbandonError, KeyUsage, Rotated},
        store::StoreError,
    },
};

/// The keys and their usage.
#[derive(Default, Serialize, Deserialize)]
pub struct EncryptionKeys {
    /// The ids of the configured keys, the current one first.
    pub ids: Vec<String>,
    pub usage: KeyUsage,
}

/// How many grants were abandoned.
#[derive(Serialize, Deserialize)]
pub struct Abandoned {
    pub abandoned: usize,
}

/// The configured keys and their usage.
pub async fn encryption_keys(state: &AppState) -> Result<EncryptionKeys, StoreError> {
    let ids = state.config.encryption_keys.ids().map(str::to_owned).collect();
    Ok(EncryptionKeys { ids, usage: state.grants.vault.key_usage().await? })
}

/// `GET /encryption-keys`.
pub async fn list(State(state): State<AppState>, caller: Caller) -> Result<Json<EncryptionKeys>, AppError> {
    caller.require_api_key(MANAGE)?;
    Ok(Json(encryption_keys(&state).await?))
}

/// `POST /encryption-keys/rotation`.
pub async fn rotate(State(state): State<AppState>, caller: Caller) -> Result<Json<Rotated>, AppError> {
    caller.require_api_key(MANAGE)?;
    Ok(Json(rotate_keys(&state, &caller.actor).await?))
}

/// Re-encrypts all grants, and sessions and sign-in links, with the current key.
pub async fn rotate_keys(state: &AppState, actor: &Actor) -> Result<Rotated, AppError> {
    access::reseal(state).await?;
    Ok(state.grants.rotate_keys(actor).await?)
}

/// `DELETE /encryption-keys/{id}`: gives up what a lost key encrypted.
pub async fn abandon(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Abandoned>, AppError> {
    caller.require_api_key(MANAGE)?;
    let abandoned = state.grants.abandon_key(&id, &caller.actor).await.map_err(|error| match error {
        AbandonError::KeyIsConfigured => AppError::new(
            ErrorCode::InvalidInput,
            format!("The key {id} is configured, so nothing that it encrypted is lost. `tributary encryption-keys rotate` re-encrypts it."),
        ),
        AbandonError::Grant(error) => error.into(),
    })?;
    Ok(Json(Abandoned { abandoned }))
}

const MANAGE: &str = "manage encryption keys";
