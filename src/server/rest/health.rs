//! The health checks, which are open to everybody and reveal nothing else.

use axum::extract::State;

use crate::{model::AppError, server::AppState};

/// `GET /healthz`: the process runs.
pub async fn healthz() -> &'static str {
    "alive\n"
}

/// `GET /readyz`: the store answers. Otherwise 503.
pub async fn readyz(State(state): State<AppState>) -> Result<&'static str, AppError> {
    state.store.ping().await?;
    Ok("ready\n")
}
