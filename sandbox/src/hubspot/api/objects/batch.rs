//! `batch/read`: up to 100 records by id.

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

use super::Target;
use crate::{
    hubspot::{
        Hubspot,
        api::{
            auth::Caller,
            selection::{Record, Selection},
        },
        error::ApiError,
    },
    reply,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    #[serde(default)]
    properties: Vec<String>,
    id_property: Option<String>,
    inputs: Vec<Input>,
}

#[derive(Deserialize)]
struct Input {
    id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BatchResponse {
    status: &'static str,
    results: Vec<Record>,
    #[serde(skip_serializing_if = "Option::is_none")]
    num_errors: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Value>,
    started_at: String,
    completed_at: String,
}

pub(crate) async fn read(
    State(hubspot): State<Arc<Hubspot>>,
    Extension(caller): Extension<Caller>,
    Path(target): Path<Target>,
    body: Bytes,
) -> Result<Response, ApiError> {
    let kind = target.kind_for(&caller)?;
    let request: Request = serde_json::from_slice(&body).map_err(|error| ApiError::bad_json(&error))?;
    if request.inputs.len() > 100 {
        return Err(ApiError::validation(
            "The maximum number of inputs supported in a batch request for object reads is 100.",
        ));
    }
    let now = format!("{:.3}", hubspot.context.clock.now());
    let selection = Selection::new(&hubspot, kind, request.properties.iter().map(String::as_str));
    let (mut results, mut missing) = (Vec::new(), Vec::new());
    for input in request.inputs {
        match selection.find(request.id_property.as_deref(), &input.id) {
            Some(index) => results.push(selection.record(index)),
            None => missing.push(input.id),
        }
    }
    let is_complete = missing.is_empty();
    let errors = if is_complete { Vec::new() } else { vec![not_found(kind.singular(), &missing)] };
    let num_errors = (!is_complete).then_some(errors.len());
    let response =
        BatchResponse { status: "COMPLETE", results, num_errors, errors, started_at: now.clone(), completed_at: now };
    let status = if is_complete { StatusCode::OK } else { StatusCode::MULTI_STATUS };
    Ok(reply::json(status, &response))
}

fn not_found(singular: &str, ids: &[String]) -> Value {
    let message = format!(
        "Could not get some {} objects, they may be deleted or not exist. Check that ids are valid.",
        singular.to_uppercase()
    );
    json!({
        "status": "error", "category": "OBJECT_NOT_FOUND", "message": message,
        "context": {"ids": ids}, "errors": [], "links": {},
    })
}
