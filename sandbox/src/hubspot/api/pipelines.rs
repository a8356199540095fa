//! The pipelines of an object type. Deals have the default pipeline. HubSpot does not document what it lists for
//! contacts and companies; here it is an empty list.

use axum::{Extension, extract::Path, http::StatusCode, response::Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{auth::Caller, objects::Target};
use crate::{
    hubspot::{
        data::{catalog::ObjectType, vocabulary::DEAL_STAGES},
        error::ApiError,
    },
    reply,
};

/// The probability that a deal is won, by stage. The last two stages are closed.
const PROBABILITIES: [&str; DEAL_STAGES.len()] = ["0.2", "0.4", "0.6", "0.8", "0.9", "1.0", "0.0"];

/// Default pipelines have this creation time in HubSpot's specification.
const CREATED: &str = "1970-01-01T00:00:00Z";

#[derive(Deserialize)]
pub(crate) struct Name {
    pipeline: String,
}

/// Requires only read access to the records.
pub(crate) async fn list(
    Extension(caller): Extension<Caller>,
    Path(target): Path<Target>,
) -> Result<Response, ApiError> {
    let results = pipelines(target.kind_for(&caller)?);
    Ok(reply::json(StatusCode::OK, &json!({"results": results})))
}

pub(crate) async fn read(
    Extension(caller): Extension<Caller>,
    Path(target): Path<Target>,
    Path(name): Path<Name>,
) -> Result<Response, ApiError> {
    Ok(reply::json(StatusCode::OK, &find(&target, &caller, &name)?))
}

pub(crate) async fn stages(
    Extension(caller): Extension<Caller>,
    Path(target): Path<Target>,
    Path(name): Path<Name>,
) -> Result<Response, ApiError> {
    let pipeline = find(&target, &caller, &name)?;
    Ok(reply::json(StatusCode::OK, &json!({"results": pipeline["stages"]})))
}

fn find(target: &Target, caller: &Caller, name: &Name) -> Result<Value, ApiError> {
    let pipelines = pipelines(target.kind_for(caller)?);
    pipelines.into_iter().find(|pipeline| pipeline["id"] == name.pipeline.as_str()).ok_or_else(ApiError::not_found)
}

fn pipelines(kind: ObjectType) -> Vec<Value> {
    if kind != ObjectType::Deals {
        return Vec::new();
    }
    let stages = DEAL_STAGES.iter().zip(PROBABILITIES).enumerate();
    let stages: Vec<Value> =
        stages.map(|(order, ((id, label), probability))| stage(order, id, label, probability)).collect();
    vec![json!({
        "label": "Sales Pipeline", "displayOrder": 0, "id": "default", "stages": stages,
        "createdAt": CREATED, "updatedAt": "2024-03-11T10:27:46.015Z", "archived": false,
    })]
}

fn stage(order: usize, id: &str, label: &str, probability: &str) -> Value {
    let is_closed = id.starts_with("closed");
    json!({
        "label": label, "displayOrder": order, "id": id,
        "metadata": {"isClosed": is_closed.to_string(), "probability": probability},
        "createdAt": CREATED, "updatedAt": CREATED, "archived": false, "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
    })
}
