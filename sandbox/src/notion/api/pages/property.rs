//! `GET /v1/pages/{id}/properties/{property}`: one property in full. A page shows only the beginning of long ones.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Path, RawQuery, State},
};
use serde_json::{Value, json};

use crate::notion::{
    Notion,
    api::{
        auth::Caller,
        paging::{Pager, Parameters},
    },
    error::ApiError,
    ids::Object,
    reply::Reply,
    workspace::{
        Page, Row, Workspace, links,
        schema::{Kind, Property, SOURCES},
        text, titles, values,
    },
};

pub(crate) async fn read(
    State(notion): State<Arc<Notion>>,
    Extension(caller): Extension<Caller>,
    Path((id, property)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Reply, ApiError> {
    let workspace = notion.workspace();
    let page = caller.page(&workspace, "page_id", &id)?;
    let missing = || caller.not_found("property_id", &property);
    let (kind, property_id, whole, items) = match page {
        Page::Standalone(_) if property == "title" => {
            let title = text::json(&workspace, &titles::title(&workspace, page.object()));
            ("title", "title", json!({}), Some(members(&title)))
        }
        Page::Standalone(_) => return Err(missing()),
        Page::Row(row) => {
            let properties = SOURCES[usize::from(row.source)].properties.iter();
            let property = properties.into_iter().find(|known| known.has_id(&property)).ok_or_else(missing)?;
            let (whole, items) = contents(&workspace, row, property);
            (property.kind.name(), property.id, whole, items)
        }
    };
    let Some(items) = items else {
        return Ok(Reply::ok(json!({"object": "property_item", "id": property_id, "type": kind, kind: whole})));
    };
    let pager = Pager::read(&notion, &Parameters::parse(query).paging(), &format!("property {id} {property_id}"))?;
    let page = pager.page((0..).zip(items).skip(pager.start as usize), u64::MAX);
    // A rollup lists the rows at the other end of its relation.
    let item_type = if kind == "rollup" { "relation" } else { kind };
    let item = |item: &Value| json!({"object": "property_item", "id": property_id, "type": item_type, item_type: item});
    let mut list = pager.list("property_item", &page, page.items.iter().map(item).collect());
    let next = list["next_cursor"].as_str().map(|cursor| {
        let path = format!("/notion/v1/pages/{id}/properties/{property_id}");
        format!("{}{path}?start_cursor={cursor}", notion.context.public_url)
    });
    list["property_item"] = json!({"id": property_id, "next_url": next, "type": kind, kind: whole});
    Ok(Reply::ok(list))
}

type Items = Box<dyn Iterator<Item = Value> + Send>;

/// The content of a property: a value, or a list of items and the value around it.
fn contents(workspace: &Workspace, row: Row, property: &'static Property) -> (Value, Option<Items>) {
    let ids = |relation: &Property| -> Items {
        let ids: Vec<_> = links::related(workspace, row, relation).map(Object::Row).collect();
        let workspace = *workspace;
        Box::new(ids.into_iter().map(move |row| json!({"id": workspace.id(row)})))
    };
    match property.kind {
        Kind::Relation { .. } => (json!({}), Some(ids(property))),
        Kind::Title | Kind::RichText | Kind::People { .. } => {
            (json!({}), Some(members(&values::value(workspace, row, property))))
        }
        Kind::Rollup { relation, property: other, .. } => {
            let mut rollup = values::value(workspace, row, property);
            if rollup["type"] == "array" {
                rollup["array"] = json!([]);
            }
            let ends = values::rollups::ends(row.source, relation, other);
            (rollup, ends.map(|(relation, _)| ids(relation)))
        }
        _ => (values::value(workspace, row, property), None),
    }
}

fn members(list: &Value) -> Items {
    Box::new(list.as_array().cloned().unwrap_or_default().into_iter())
}
