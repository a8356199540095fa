//! Pages as the API returns them, and the endpoint that reads one.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Path, RawQuery, State},
};
use serde_json::{Value, json};

use super::{auth::Caller, paging::Parameters};
use crate::notion::{
    Notion,
    error::ApiError,
    reply::Reply,
    version::Version,
    workspace::{
        Page, Workspace, containers, people, schema, text, times, titles,
        tree::{self, Parent},
        values,
    },
};

pub(crate) mod property;

/// The requested properties, by id or name. An empty list selects all.
pub(crate) struct Selection(Vec<String>);

impl Selection {
    pub(crate) fn everything() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn of(parameters: &Parameters) -> Self {
        Self(parameters.all("filter_properties").chain(parameters.all("filter_properties[]")).collect())
    }

    fn has(&self, property: &schema::Property) -> bool {
        self.0.is_empty() || self.0.iter().any(|id| property.has_id(id) || property.name == id)
    }
}

pub(crate) async fn read(
    State(notion): State<Arc<Notion>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Reply, ApiError> {
    let workspace = notion.workspace();
    let page = caller.page(&workspace, "page_id", &id)?;
    let selection = Selection::of(&Parameters::parse(query));
    Ok(Reply::ok(json(&workspace, page, &selection, caller.version)))
}

pub(crate) fn json(workspace: &Workspace, page: Page, selection: &Selection, version: Version) -> Value {
    let object = page.object();
    let (parent, properties, in_trash) = match page {
        Page::Standalone(index) => {
            // A page outside of data sources has no property besides its title.
            let title = text::json(workspace, &titles::title(workspace, object));
            (tree::parent(index), json!({"title": {"id": "title", "type": "title", "title": title}}), false)
        }
        Page::Row(row) => {
            let properties = values::properties(workspace, row, |property| selection.has(property));
            (Parent::Source(row.source), properties, row.is_in_trash())
        }
    };
    let dice = workspace.dice(object);
    let icon = titles::emoji(workspace, object).map(|emoji| json!({"type": "emoji", "emoji": emoji}));
    let cover = match dice.below(7, 5) {
        0 => json!({"type": "external", "external": {"url": "https://images.example/covers/forest.jpg"}}),
        1 => json!({"type": "file", "file": values::hosted_file(workspace, "cover.jpg")}),
        _ => Value::Null,
    };
    let mut body = json!({
        "object": "page", "id": workspace.id(object), "in_trash": in_trash, "is_locked": dice.once_in(8, 30),
        "created_time": times::format(times::created(workspace, object)),
        "last_edited_time": times::format(times::edited(workspace, object)),
        "created_by": people::reference(workspace, values::author(workspace, object)),
        "last_edited_by": people::reference(workspace, values::editor(workspace, object)),
        "parent": containers::parent_json(workspace, parent, version), "properties": properties,
        "icon": icon, "cover": cover, "url": titles::url(workspace, object), "public_url": null,
    });
    if version.has_archived_field() {
        body["archived"] = in_trash.into();
    }
    body
}
