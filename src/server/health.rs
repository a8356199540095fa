//! Whether the process runs, and whether it can do its work. Open to everybody: they tell nothing else.

use axum::{extract::State, response::IntoResponse};

use super::{AppState, failure};

/// `GET /healthz`: the process runs.
pub async fn alive() -> &'static str {
    "alive\n"
}

/// `GET /readyz`: the store answers; 503 when it does not.
pub async fn ready(State(state): State<AppState>) -> impl IntoResponse {
    state.store.ping().await.map(|()| "ready\n").map_err(failure::store)
}
