//! Associations between records: those of one record here, those of many in [`batch`], and those returned inside the
//! records themselves in [`inline`].
//!
//! HubSpot documents only a list of all scopes that a call may involve. Here a call needs read access to both object
//! types.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
};
use serde::{Deserialize, Serialize};

use super::{
    auth::Caller,
    objects::{Next, Paging, Target, missing},
    parameters::Parameters,
};
use crate::{
    hubspot::{
        Hubspot,
        data::{
            catalog::ObjectType,
            rows::{self, links::Links},
        },
        error::ApiError,
        switches::AssociationIdType,
    },
    reply,
};

pub(crate) mod batch;
pub(crate) mod inline;
mod types;

/// Associations per page, which is also the default (HubSpot's specification).
const LIMIT: u64 = 500;

/// The other object type in a path.
#[derive(Deserialize)]
pub(crate) struct LinkedType {
    to: String,
}

impl LinkedType {
    fn kind_for(&self, caller: &Caller) -> Result<ObjectType, ApiError> {
        let kind = ObjectType::named(&self.to)?;
        caller.require_read(kind)?;
        Ok(kind)
    }
}

/// An associated record with all types of the association.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Linked {
    to_object_id: ObjectId,
    association_types: &'static [types::Type],
}

#[derive(Serialize)]
#[serde(untagged)]
enum ObjectId {
    Number(u64),
    Text(String),
}

#[derive(Serialize)]
struct Page {
    results: Vec<Linked>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paging: Option<Paging>,
}

pub(crate) async fn list(
    State(hubspot): State<Arc<Hubspot>>,
    Extension(caller): Extension<Caller>,
    Path(target): Path<Target>,
    Path(other): Path<LinkedType>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let (from, to) = (target.kind_for(&caller)?, other.kind_for(&caller)?);
    let query = query.unwrap_or_default();
    let parameters = Parameters::parse(&query);
    let limit = parameters.limit(LIMIT, LIMIT)?;
    let after = parameters.number("after")?.unwrap_or_default();
    let pages = Pages::new(&hubspot, from, to);
    let id = target.id.unwrap_or_default();
    let index = pages.index_of(&id).ok_or_else(|| missing(None, id.clone()))?;
    let (results, next) = pages.page(index, after, limit);
    let paging = next.map(|after| {
        let (from, to) = (from.plural(), to.plural());
        let query = parameters.continued(&after);
        let link =
            format!("{}/hubspot/crm/v4/objects/{from}/{id}/associations/{to}?{query}", hubspot.context.public_url);
        Paging { next: Next { after, link: Some(link) } }
    });
    Ok(reply::json(StatusCode::OK, &Page { results, paging }))
}

/// The associations from one object type to another, a page at a time.
struct Pages {
    from: ObjectType,
    to: ObjectType,
    seed: u64,
    /// The number of records of the type `from`.
    count: u64,
    links: Links,
    id_type: AssociationIdType,
}

impl Pages {
    fn new(hubspot: &Hubspot, from: ObjectType, to: ObjectType) -> Self {
        let (seed, records) = (hubspot.context.seed, hubspot.context.settings().records);
        Self {
            from,
            to,
            seed,
            count: from.count(&records),
            links: Links::new(seed, &records),
            id_type: hubspot.switches.get().association_id_type,
        }
    }

    fn index_of(&self, id: &str) -> Option<u64> {
        rows::index_of(self.seed, self.from, id.parse().ok()?).filter(|index| *index < self.count)
    }

    /// A page and the cursor of the next one. HubSpot does not document what these cursors look like; here they are
    /// record ids, as in lists.
    fn page(&self, index: u64, after: u64, limit: u64) -> (Vec<Linked>, Option<String>) {
        let (ids, next) = self.links.page(self.from, index, self.to, after, limit);
        let format_id = |id: u64| match self.id_type {
            AssociationIdType::Number => ObjectId::Number(id),
            AssociationIdType::String => ObjectId::Text(id.to_string()),
        };
        let association_types = types::between(self.from, self.to);
        let linked = ids.into_iter().map(|id| Linked { to_object_id: format_id(id), association_types });
        (linked.collect(), next.map(|id| id.to_string()))
    }
}
