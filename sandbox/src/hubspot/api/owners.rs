//! The account's owners.

use axum::{
    Extension,
    extract::{Path, RawQuery},
    http::StatusCode,
    response::Response,
};
use serde::{Deserialize, Serialize};

use super::{
    auth::Caller,
    objects::{Next, Paging, check_version},
    parameters::Parameters,
};
use crate::{
    hubspot::{
        data::owners::{OWNERS, Owner, OwnerResponse},
        error::ApiError,
    },
    reply,
};

/// The only scope that these endpoints need.
const SCOPE: &str = "crm.objects.owners.read";

/// Owners per page: 100 by default according to HubSpot's specification, and up to 500 according to its users.
const DEFAULT_LIMIT: u64 = 100;
const MAX_LIMIT: u64 = 500;

#[derive(Deserialize)]
pub(crate) struct Target {
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    id: String,
}

#[derive(Serialize)]
struct Page {
    results: Vec<OwnerResponse>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paging: Option<Paging>,
}

/// Active owners, or with `archived` the archived ones. The cursor is the id of the next owner.
pub(crate) async fn list(
    Extension(caller): Extension<Caller>,
    Path(target): Path<Target>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    check_version(target.version.as_deref())?;
    caller.require_scope(SCOPE)?;
    let query = query.unwrap_or_default();
    let parameters = Parameters::parse(&query);
    let limit = parameters.limit(DEFAULT_LIMIT, MAX_LIMIT)?;
    let after = parameters.number("after")?.unwrap_or_default();
    let archived = wants_archived(&parameters);
    let email = parameters.first("email");
    let mut owners = OWNERS.iter().filter(|owner| {
        let is_meant = email.is_none_or(|email| owner.email().eq_ignore_ascii_case(email));
        owner.archived == archived && is_meant && u64::from(owner.id) >= after
    });
    let results = owners.by_ref().take(limit as usize).map(Owner::response).collect();
    let paging = owners.next().map(|next| Paging { next: Next { after: next.id.to_string(), link: None } });
    Ok(reply::json(StatusCode::OK, &Page { results, paging }))
}

pub(crate) async fn read(
    Extension(caller): Extension<Caller>,
    Path(target): Path<Target>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    check_version(target.version.as_deref())?;
    caller.require_scope(SCOPE)?;
    let query = query.unwrap_or_default();
    let parameters = Parameters::parse(&query);
    let number = |owner: &Owner| match parameters.first("idProperty") {
        Some("userId") => owner.user_id,
        _ => owner.id,
    };
    let archived = wants_archived(&parameters);
    let found = OWNERS.iter().find(|owner| owner.archived == archived && number(owner).to_string() == target.id);
    Ok(reply::json(StatusCode::OK, &found.ok_or_else(ApiError::not_found)?.response()))
}

fn wants_archived(parameters: &Parameters<'_>) -> bool {
    parameters.first("archived") == Some("true")
}
