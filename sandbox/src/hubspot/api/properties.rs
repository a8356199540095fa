//! The properties of an object type.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use serde_json::{Value, json};

use super::{auth::Caller, objects::Target};
use crate::{
    hubspot::{
        Hubspot,
        data::{
            catalog::{ObjectType, Property, PropertyType},
            owners::OWNER_PROPERTY,
        },
        error::ApiError,
    },
    reply,
};

pub(crate) async fn list(
    State(_): State<Arc<Hubspot>>,
    Extension(caller): Extension<Caller>,
    Path(target): Path<Target>,
) -> Result<Response, ApiError> {
    let kind = target.kind_for(&caller)?;
    let results: Vec<Value> =
        kind.properties().iter().enumerate().map(|(order, property)| describe(kind, order, property)).collect();
    Ok(reply::json(StatusCode::OK, &json!({"results": results})))
}

fn describe(kind: ObjectType, order: usize, property: &Property) -> Value {
    let field_type = match property.kind {
        PropertyType::String => "text",
        PropertyType::Number => "number",
        PropertyType::Datetime => "date",
        PropertyType::Enumeration => "select",
    };
    let options = property.options.iter().enumerate();
    let options: Vec<Value> = options
        .map(|(order, (value, label))| json!({"label": label, "value": value, "displayOrder": order, "hidden": false}))
        .collect();
    let is_owner = property.name == OWNER_PROPERTY;
    // The sandbox has no writes, but clients check which properties are read-only.
    let is_read_only =
        property.name.starts_with("hs_") || property.name.ends_with("date") && property.name != "closedate";
    let mut description = json!({
        "name": property.name, "label": property.label, "type": property.kind, "fieldType": field_type,
        "description": format!("{} of the {}", property.label, kind.singular()),
        "groupName": format!("{}information", kind.singular()), "options": options, "displayOrder": order,
        "calculated": false, "externalOptions": is_owner, "hasUniqueValue": matches!(property.name, "hs_object_id" | "email"),
        "hidden": false, "hubspotDefined": true, "formField": !is_read_only, "archived": false,
        "dataSensitivity": "non_sensitive",
        "modificationMetadata": {"archivable": false, "readOnlyDefinition": true, "readOnlyValue": is_read_only},
    });
    if is_owner {
        // Its values are owner ids, which the owners endpoint lists.
        description["referencedObjectType"] = "OWNER".into();
    }
    description
}
