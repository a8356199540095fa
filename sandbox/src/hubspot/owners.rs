//! The account's owners, and which of them a record has.

use axum::{
    Extension,
    extract::{Path, RawQuery},
    http::StatusCode,
    response::Response,
};
use serde::{Deserialize, Serialize};

use self::people::{OWNERS, Owner, Wire};
use super::{
    bearer::Caller,
    objects::{Next, Paging, check_version},
    parameters::Parameters,
    refusal::Refusal,
};
use crate::{dice::Dice, reply};

mod people;

/// The property by which records name their owner.
pub(crate) const PROPERTY: &str = "hubspot_owner_id";

/// The only scope that the owners need.
const SCOPE: &str = "crm.objects.owners.read";

/// Owners in a page: HubSpot's specification says 100 unless asked, and people say up to 500.
const LIMIT: u64 = 100;
const MOST: u64 = 500;

#[derive(Deserialize)]
pub(crate) struct Target {
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    id: String,
}

#[derive(Serialize)]
struct Page {
    results: Vec<Wire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paging: Option<Paging>,
}

/// The owner of a record, by id. One record in six has none, and some have one who has left.
pub(crate) fn of(dice: Dice) -> Option<String> {
    (!dice.once_in(4, 6)).then(|| dice.pick(5, OWNERS).id.to_string())
}

/// Those who are there, or with `archived` those who have left. The cursor is the id of the next one.
pub(crate) async fn list(
    Extension(caller): Extension<Caller>,
    Path(target): Path<Target>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    check_version(target.version.as_deref())?;
    caller.must_hold(SCOPE)?;
    let query = query.unwrap_or_default();
    let parameters = Parameters::parse(&query);
    let limit = parameters.limit(LIMIT, MOST)?;
    let after = parameters.number("after")?.unwrap_or_default();
    let archived = wants_archived(&parameters);
    let email = parameters.first("email");
    let mut owners = OWNERS.iter().filter(|owner| {
        let is_meant = email.is_none_or(|email| owner.email().eq_ignore_ascii_case(email));
        owner.archived == archived && is_meant && u64::from(owner.id) >= after
    });
    let results = owners.by_ref().take(limit as usize).map(Owner::wire).collect();
    let paging = owners.next().map(|next| Paging { next: Next { after: next.id.to_string(), link: None } });
    Ok(reply::json(StatusCode::OK, &Page { results, paging }))
}

pub(crate) async fn read(
    Extension(caller): Extension<Caller>,
    Path(target): Path<Target>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    check_version(target.version.as_deref())?;
    caller.must_hold(SCOPE)?;
    let query = query.unwrap_or_default();
    let parameters = Parameters::parse(&query);
    let number = |owner: &Owner| match parameters.first("idProperty") {
        Some("userId") => owner.user_id,
        _ => owner.id,
    };
    let archived = wants_archived(&parameters);
    let found = OWNERS.iter().find(|owner| owner.archived == archived && number(owner).to_string() == target.id);
    Ok(reply::json(StatusCode::OK, &found.ok_or_else(Refusal::not_found)?.wire()))
}

fn wants_archived(parameters: &Parameters<'_>) -> bool {
    parameters.first("archived") == Some("true")
}
