//! Lists of records, and one record.

use std::{borrow::Cow, sync::Arc};

use axum::{
    Extension,
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
};
use serde::{Deserialize, Serialize};
use url::form_urlencoded;

use super::{
    Hubspot,
    bearer::Caller,
    catalog::Kind,
    refusal::Refusal,
    rows,
    selection::{Record, Selection},
    switches::OverLimit,
};
use crate::server::sandbox::reply;

pub(crate) mod batch;

/// What the path of a call names.
#[derive(Deserialize)]
pub(crate) struct Target {
    #[serde(default)]
    version: Option<String>,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    id: Option<String>,
}

impl Target {
    /// The object type, if the path is one that is served and the caller may read it. `v3` stands among the versions
    /// because the links HubSpot puts into pages are spelled `/crm/objects/v3/…`.
    pub(crate) fn kind_for(&self, caller: &Caller) -> Result<Kind, Refusal> {
        if !matches!(self.version.as_deref(), None | Some("v3" | "2026-03" | "2026-09")) {
            return Err(Refusal::not_found());
        }
        let kind = Kind::named(&self.kind)?;
        caller.may_read(kind)?;
        Ok(kind)
    }
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

/// A query string, in which `properties` may be repeated or separated by commas.
struct Parameters<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Parameters<'a> {
    fn parse(query: &'a str) -> Self {
        Self(form_urlencoded::parse(query.as_bytes()).collect())
    }

    fn first(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_ref())
            .filter(|value| !value.is_empty())
    }

    fn properties(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|(name, _)| name == "properties").flat_map(|(_, value)| value.split(',')).map(str::trim)
    }

    fn number(&self, name: &str) -> Result<Option<u64>, Refusal> {
        let invalid =
            |text: &str| Refusal::validation(format!("{text:?} is not a valid value for the parameter {name}."));
        self.first(name).map(|text| text.parse().map_err(|_| invalid(text))).transpose()
    }
}

pub(crate) async fn list(
    State(hubspot): State<Arc<Hubspot>>,
    Extension(caller): Extension<Caller>,
    Path(target): Path<Target>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let kind = target.kind_for(&caller)?;
    let query = query.unwrap_or_default();
    let parameters = Parameters::parse(&query);
    let selection = Selection::new(&hubspot, kind, parameters.properties());
    let limit = page_size(&hubspot, &parameters)?;
    // The cursor is the id of the next record, and any other number finds the record that follows it.
    let start = parameters.number("after")?.map_or(0, |after| rows::seek(selection.seed, kind, after));
    // Nothing in the account is archived.
    let count = if parameters.first("archived") == Some("true") { 0 } else { selection.count };
    let end = start.saturating_add(limit).min(count);
    let results = (start..end).map(|index| selection.record(index)).collect();
    let paging = (start < end && end < count).then(|| {
        let after = rows::id(selection.seed, kind, end).to_string();
        let link = link(&hubspot.world.public_url, kind, &parameters, &after);
        Paging { next: Next { after, link: Some(link) } }
    });
    Ok(reply::json(StatusCode::OK, &Page { results, paging }))
}

fn page_size(hubspot: &Hubspot, parameters: &Parameters<'_>) -> Result<u64, Refusal> {
    let limit = parameters.number("limit")?.unwrap_or(10);
    let cap = if parameters.first("propertiesWithHistory").is_some() { 50 } else { 100 };
    if limit > cap && hubspot.world.settings().hubspot.list_limit_over_100 == OverLimit::Error {
        return Err(Refusal::validation(format!("The limit may not be greater than {cap}.")));
    }
    if limit == 0 {
        return Err(Refusal::validation("The limit must be greater than 0."));
    }
    Ok(limit.min(cap))
}

fn link(public_url: &str, kind: Kind, parameters: &Parameters<'_>, after: &str) -> String {
    let kept = parameters.0.iter().filter(|(name, _)| name != "after");
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).append_pair("after", after).finish();
    format!("{public_url}/hubspot/crm/objects/v3/{}?{query}", kind.type_id())
}

pub(crate) async fn read(
    State(hubspot): State<Arc<Hubspot>>,
    Extension(caller): Extension<Caller>,
    Path(target): Path<Target>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let kind = target.kind_for(&caller)?;
    let query = query.unwrap_or_default();
    let parameters = Parameters::parse(&query);
    let selection = Selection::new(&hubspot, kind, parameters.properties());
    let id = target.id.unwrap_or_default();
    let id_property = parameters.first("idProperty");
    if id_property.is_none() && id.parse::<u64>().is_err() {
        let refusal = Refusal::new(StatusCode::NOT_FOUND, "Object not found.  objectId are usually numeric.");
        return Err(refusal.category("OBJECT_NOT_FOUND").context("id", id));
    }
    let index = selection.find(id_property, &id).ok_or_else(Refusal::not_found)?;
    Ok(reply::json(StatusCode::OK, &selection.record(index)))
}
