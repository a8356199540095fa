//! `GET /audit.json`: the audit log for programs.

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use serde::Deserialize;

use crate::{
    model::{AppError, AuditPage, ErrorCode, Subject},
    server::{AppState, access::Caller, audit::MAX_PAGE},
};

/// The number of entries unless the caller sets a limit.
const DEFAULT_LIMIT: usize = 100;

/// The query.
#[derive(Deserialize)]
pub struct AuditQuery {
    org_id: Option<String>,
    /// Returns entries before this time only.
    before: Option<String>,
    limit: Option<usize>,
}

/// `GET /audit.json?org_id=…[&before=…][&limit=…]`.
pub async fn entries(
    State(state): State<AppState>,
    _caller: Caller,
    query: Result<Query<AuditQuery>, QueryRejection>,
) -> Result<Json<AuditPage>, AppError> {
    let Ok(Query(AuditQuery { org_id, before, limit })) = query else {
        let detail = "The query can't be read. It takes org_id, and optionally before (a time) and limit (a number).";
        return Err(AppError::new(ErrorCode::InvalidInput, detail));
    };
    let Some(org_id) = org_id else {
        return Err(AppError::new(ErrorCode::MissingField, "The field org_id is missing."));
    };
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_PAGE).contains(&limit) {
        let detail = format!("limit is {limit}. It has to be between 1 and {MAX_PAGE}.");
        return Err(AppError::new(ErrorCode::InvalidInput, detail));
    }
    // Validates the organisation's id; the user does not matter here.
    let subject = Subject::or_default(Some(org_id), None)?;
    Ok(Json(state.audit.page(subject.org_id(), before.as_deref(), limit).await?))
}
