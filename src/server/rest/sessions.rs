//! `DELETE /sessions`: the endpoint behind `tributary sign-out-everywhere`.

use axum::extract::State;
use http::StatusCode;

use crate::{
    model::AppError,
    server::{
        AppState,
        access::{self, Caller},
    },
};

/// Ends all sessions and all unused sign-in links.
pub async fn end_all(State(state): State<AppState>, caller: Caller) -> Result<StatusCode, AppError> {
    caller.require_api_key("end all sessions this way")?;
    access::sign_out_everywhere(&state, &caller.actor).await?;
    Ok(StatusCode::NO_CONTENT)
}
