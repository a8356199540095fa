//! Lists of records and single records.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
};
use serde::{Deserialize, Serialize};

use super::{
    associations::inline::InlineAssociations,
    auth::Caller,
    parameters::Parameters,
    selection::{Record, Selection},
};
use crate::{
    hubspot::{
        Hubspot,
        data::{catalog::ObjectType, rows},
        error::ApiError,
        switches::OverLimit,
    },
    reply,
};

pub(crate) mod batch;

/// The object and version that a path names.
#[derive(Deserialize)]
pub(crate) struct Target {
    #[serde(default)]
    version: Option<String>,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    pub id: Option<String>,
}

impl Target {
    /// The object type, if the version is served and the caller may read the type.
    pub(crate) fn kind_for(&self, caller: &Caller) -> Result<ObjectType, ApiError> {
        let kind = self.kind()?;
        caller.require_read(kind)?;
        Ok(kind)
    }

    /// The object type, if the version is served.
    pub(crate) fn kind(&self) -> Result<ObjectType, ApiError> {
        check_version(self.version.as_deref())?;
        ObjectType::named(&self.kind)
    }
}

/// Rejects a version that is not served. `v3` is accepted here because HubSpot spells the links in its pages
/// `/crm/objects/v3/…`.
pub(crate) fn check_version(version: Option<&str>) -> Result<(), ApiError> {
    if matches!(version, None | Some("v3" | "2026-03" | "2026-09")) { Ok(()) } else { Err(ApiError::not_found()) }
}

#[derive(Serialize)]
struct Page {
    results: Vec<Record>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paging: Option<Paging>,
}

#[derive(Serialize)]
pub(crate) struct Paging {
    pub next: Next,
}

#[derive(Serialize)]
pub(crate) struct Next {
    pub after: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

pub(crate) async fn list(
    State(hubspot): State<Arc<Hubspot>>,
    Extension(caller): Extension<Caller>,
    Path(target): Path<Target>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let kind = target.kind_for(&caller)?;
    let query = query.unwrap_or_default();
    let parameters = Parameters::parse(&query);
    let selection = Selection::new(&hubspot, kind, parameters.list("properties"));
    let within = InlineAssociations::read(&hubspot, kind, &caller, &parameters)?;
    let limit = page_size(&hubspot, &parameters)?;
    // The cursor is the id of the next record. Any other number finds the first record after it.
    let start = parameters.number("after")?.map_or(0, |after| rows::seek(selection.seed, kind, after));
    // Nothing in the account is archived.
    let count = if parameters.first("archived") == Some("true") { 0 } else { selection.count };
    let end = start.saturating_add(limit).min(count);
    let results = (start..end).map(|index| within.add_to(selection.record(index), index)).collect();
    let paging = (start < end && end < count).then(|| {
        let after = rows::id(selection.seed, kind, end).to_string();
        let link = link(&hubspot.context.public_url, kind, &parameters, &after);
        Paging { next: Next { after, link: Some(link) } }
    });
    Ok(reply::json(StatusCode::OK, &Page { results, paging }))
}

fn page_size(hubspot: &Hubspot, parameters: &Parameters<'_>) -> Result<u64, ApiError> {
    let cap = if parameters.first("propertiesWithHistory").is_some() { 50 } else { 100 };
    let is_over = parameters.number("limit")?.is_some_and(|limit| limit > cap);
    if is_over && hubspot.switches.get().list_limit_over_100 == OverLimit::Error {
        return Err(ApiError::validation(format!("The limit may not be greater than {cap}.")));
    }
    parameters.limit(10, cap)
}

fn link(public_url: &str, kind: ObjectType, parameters: &Parameters<'_>, after: &str) -> String {
    format!("{public_url}/hubspot/crm/objects/v3/{}?{}", kind.type_id(), parameters.continued(after))
}

pub(crate) async fn read(
    State(hubspot): State<Arc<Hubspot>>,
    Extension(caller): Extension<Caller>,
    Path(target): Path<Target>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let kind = target.kind_for(&caller)?;
    let query = query.unwrap_or_default();
    let parameters = Parameters::parse(&query);
    let selection = Selection::new(&hubspot, kind, parameters.list("properties"));
    let within = InlineAssociations::read(&hubspot, kind, &caller, &parameters)?;
    let id = target.id.unwrap_or_default();
    let id_property = parameters.first("idProperty");
    let index = selection.find(id_property, &id).ok_or_else(|| missing(id_property, id))?;
    Ok(reply::json(StatusCode::OK, &within.add_to(selection.record(index), index)))
}

/// 404 for a record that does not exist, with another message if the id is not a number.
pub(crate) fn missing(id_property: Option<&str>, id: String) -> ApiError {
    if id_property.is_some() || id.parse::<u64>().is_ok() {
        return ApiError::not_found();
    }
    let error = ApiError::new(StatusCode::NOT_FOUND, "Object not found.  objectId are usually numeric.");
    error.category("OBJECT_NOT_FOUND").context("id", id)
}
