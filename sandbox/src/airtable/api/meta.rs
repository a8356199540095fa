//! The caller's identity, the shared bases and their structure.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
};
use serde_json::{Value, json};

use super::{auth::Caller, tables};
use crate::{
    airtable::{
        Airtable,
        error::ApiError,
        form::Fields,
        oauth::scopes,
        workspace::{cells::collaborators, ids},
    },
    reply,
};

/// `GET /v0/meta/whoami` requires no scope. The e-mail address requires one.
pub(crate) async fn whoami(State(airtable): State<Arc<Airtable>>, Extension(caller): Extension<Caller>) -> Response {
    let user = collaborators::collaborator(airtable.context.seed, collaborators::USER);
    let mut response = json!({"id": user["id"], "scopes": caller.scopes});
    if caller.has(scopes::EMAIL_READ) {
        response["email"] = user["email"].clone();
    }
    reply::json(StatusCode::OK, &response)
}

/// `GET /v0/meta/bases`: the bases that the user picked. The offset names the first base of the next page.
pub(crate) async fn bases(
    State(airtable): State<Arc<Airtable>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    caller.require_scope(scopes::SCHEMA_READ)?;
    let query = query.unwrap_or_default();
    let bases: Vec<_> = caller.bases.iter().filter_map(|index| airtable.catalog.bases.get(*index)).collect();
    let iterator = ids::named(airtable.context.seed, "itr", "bases");
    let offset = |id: &str| format!("{iterator}/{id}");
    let start = match Fields::parse(query.as_bytes()).get("offset") {
        None => 0,
        Some(wanted) => {
            bases.iter().position(|base| offset(&base.id) == wanted).ok_or_else(ApiError::invalid_request)?
        }
    };
    let size = airtable.switches.get().bases_page_size.max(1) as usize;
    let end = start.saturating_add(size).min(bases.len());
    let listed = bases[start..end].iter().map(|base| {
        let plan = base.definition;
        json!({"id": base.id, "name": plan.name, "permissionLevel": plan.permission})
    });
    let mut response = json!({"bases": listed.collect::<Vec<Value>>()});
    if let Some(next) = bases.get(end) {
        response["offset"] = offset(&next.id).into();
    }
    Ok(reply::json(StatusCode::OK, &response))
}

/// `GET /v0/meta/bases/{base}/tables`. pyairtable sends `include`, other clients `include[]`.
pub(crate) async fn tables(
    State(airtable): State<Arc<Airtable>>,
    Extension(caller): Extension<Caller>,
    Path(base): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    caller.require_scope(scopes::SCHEMA_READ)?;
    let base = caller.base(&airtable, &base)?;
    let query = query.unwrap_or_default();
    let fields = Fields::parse(query.as_bytes());
    let included: Vec<&str> = fields.all("include[]").chain(fields.all("include")).collect();
    if included.iter().any(|wanted| *wanted != "visibleFieldIds") {
        return Err(ApiError::invalid_request());
    }
    Ok(reply::json(StatusCode::OK, &tables::tables(&airtable.catalog, base, !included.is_empty())))
}
