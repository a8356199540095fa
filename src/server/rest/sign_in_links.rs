//! `POST /sign-in-links`: the endpoint behind `tributary sign-in`.

use axum::{Json, extract::State};
use serde_json::{Value, json};

use crate::{
    model::AppError,
    server::{
        AppState,
        access::{Caller, create_sign_in_link},
    },
};

/// Creates a one-time sign-in link.
pub async fn create(State(state): State<AppState>, caller: Caller) -> Result<Json<Value>, AppError> {
    caller.require_api_key("create sign-in links")?;
    Ok(Json(json!({ "url": create_sign_in_link(&state).await? })))
}
