//! A page, a database or a data source, and the item that it becomes.

use std::collections::HashMap;

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny},
};

use crate::model::IntegrationItem;

/// A page, a database or a data source. Only `object` and `id` are always present: Notion returns partial objects where
/// the integration may not see more.
#[derive(Deserialize)]
pub(super) struct Object {
    pub(super) id: String,
    /// `page`, `database` or `data_source`.
    #[serde(rename = "object", deserialize_with = "known_kind")]
    pub(super) kind: String,
    pub(super) created_time: Option<String>,
    last_edited_time: Option<String>,
    #[serde(default)]
    in_trash: bool,
    url: Option<String>,
    pub(super) parent: Option<Parent>,
    /// The values of a page, or the schema of a data source, which contains no title.
    #[serde(default)]
    properties: HashMap<String, Property>,
    /// The title of a database or a data source.
    title: Option<Vec<RichText>>,
    /// The data sources of a database.
    #[serde(default)]
    pub(super) data_sources: Vec<Named>,
}

/// The kind is an item's type, so a record of another one is skipped.
fn known_kind<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let kind = String::deserialize(deserializer)?;
    let is_known = matches!(kind.as_str(), "page" | "database" | "data_source");
    if is_known { Ok(kind) } else { Err(D::Error::custom("an unknown kind of object")) }
}

/// The parent of an object. A page at the top level of a workspace has none of these.
#[derive(Default, Deserialize)]
pub(super) struct Parent {
    page_id: Option<String>,
    pub(super) database_id: Option<String>,
    pub(super) data_source_id: Option<String>,
    block_id: Option<String>,
}

/// A data source as its database lists it.
#[derive(Deserialize)]
pub(super) struct Named {
    pub(super) id: String,
}

#[derive(Deserialize)]
struct Property {
    title: Option<Title>,
}

/// The text in a page; an empty object in a schema.
#[derive(Deserialize)]
#[serde(untagged)]
enum Title {
    Text(Vec<RichText>),
    Schema(IgnoredAny),
}

#[derive(Deserialize)]
struct RichText {
    #[serde(default)]
    plain_text: String,
}

impl Object {
    /// The title on one line, whatever its property is called: `Untitled` if it is empty, `None` if it is not included.
    pub(super) fn title(&self) -> Option<String> {
        let of_page = self.properties.values().find_map(|property| match &property.title {
            Some(Title::Text(text)) => Some(text),
            _ => None,
        });
        let text: String = self.title.as_ref().or(of_page)?.iter().map(|part| part.plain_text.as_str()).collect();
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        Some(if line.is_empty() { "Untitled".to_owned() } else { line })
    }

    /// The nearest parent: for a row the data source rather than the database.
    pub(super) fn parent_id(&self) -> Option<&str> {
        let parent = self.parent.as_ref()?;
        let ids = [&parent.data_source_id, &parent.database_id, &parent.page_id, &parent.block_id];
        ids.into_iter().find_map(|id| id.as_deref())
    }

    /// The item, without the title of its parent.
    pub(super) fn into_item(self) -> IntegrationItem {
        IntegrationItem {
            directory: self.kind != "page",
            parent_id: self.parent_id().map(str::to_owned),
            name: self.title(),
            children: (self.kind == "database")
                .then(|| self.data_sources.iter().map(|source| source.id.clone()).collect()),
            creation_time: self.created_time,
            last_modified_time: self.last_edited_time,
            url: self.url,
            visibility: !self.in_trash,
            ..IntegrationItem::new(&self.kind, self.id)
        }
    }
}
