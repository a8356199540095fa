//! `batch/read`: the associations of up to 1,000 records.

use std::sync::Arc;

use axum::{
    Extension,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{LIMIT, Linked, LinkedType, Pages};
use crate::{
    hubspot::{
        Hubspot,
        api::{
            auth::Caller,
            objects::{Next, Paging, Target},
        },
        error::ApiError,
    },
    reply,
};

/// Records per request (HubSpot's associations guide).
const MAX_INPUTS: usize = 1000;

#[derive(Deserialize)]
struct Request {
    inputs: Vec<Input>,
}

#[derive(Deserialize)]
struct Input {
    id: String,
    after: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BatchResponse {
    status: &'static str,
    results: Vec<Found>,
    #[serde(skip_serializing_if = "Option::is_none")]
    num_errors: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Value>,
    started_at: String,
    completed_at: String,
}

#[derive(Serialize)]
struct Found {
    from: From,
    to: Vec<Linked>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paging: Option<Paging>,
}

#[derive(Serialize)]
struct From {
    id: String,
}

pub(crate) async fn read(
    State(hubspot): State<Arc<Hubspot>>,
    Extension(caller): Extension<Caller>,
    Path(target): Path<Target>,
    Path(other): Path<LinkedType>,
    body: Bytes,
) -> Result<Response, ApiError> {
    let pages = Pages::new(&hubspot, target.kind_for(&caller)?, other.kind_for(&caller)?);
    let request: Request = serde_json::from_slice(&body).map_err(|error| ApiError::bad_json(&error))?;
    if request.inputs.len() > MAX_INPUTS {
        let message =
            format!("The maximum number of inputs supported in a batch request for associations is {MAX_INPUTS}.");
        return Err(ApiError::validation(message));
    }
    let now = format!("{:.3}", hubspot.context.clock.now());
    let (mut results, mut errors) = (Vec::new(), Vec::new());
    for Input { id, after } in request.inputs {
        let after = after.and_then(|after| after.parse().ok()).unwrap_or_default();
        let (to, next) = pages.index_of(&id).map(|index| pages.page(index, after, LIMIT)).unwrap_or_default();
        if to.is_empty() {
            errors.push(no_associations(&pages, &id));
            continue;
        }
        let paging = next.map(|after| Paging { next: Next { after, link: None } });
        results.push(Found { from: From { id }, to, paging });
    }
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::MULTI_STATUS };
    let num_errors = (!errors.is_empty()).then_some(errors.len());
    let response =
        BatchResponse { status: "COMPLETE", results, num_errors, errors, started_at: now.clone(), completed_at: now };
    Ok(reply::json(status, &response))
}

/// The error for a record that has no associations or does not exist. Recorded responses have these fields; the
/// specification also requires `errors` and `links`, and a `subCategory` that is an object.
fn no_associations(pages: &Pages, id: &str) -> Value {
    let (from, to) = (pages.from.singular(), pages.to.singular());
    json!({
        "status": "error", "category": "OBJECT_NOT_FOUND", "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": format!("No {to} is associated with {from} {id}."),
        "context": {"fromObjectId": [id], "fromObjectType": [from], "toObjectType": [to]},
    })
}
