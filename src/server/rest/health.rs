//! The health checks, which are open to everybody and reveal nothing else.

use axum::extract::State;

use crate::{
    model::{AppError, ErrorCode},
    server::AppState,
};

/// `GET /healthz`: the process runs.
pub async fn healthz() -> &'static str {
    "alive\n"
}

/// `GET /readyz`: the last probe of the store succeeded. Otherwise 503. It does not touch the store.
pub async fn readyz(State(state): State<AppState>) -> Result<String, AppError> {
    let ready = state.probe.last().map_err(|sentence| AppError::new(ErrorCode::StoreUnavailable, sentence))?;
    Ok(format!("ready: {ready}\n"))
}
