//! A page, a database or a data source, as Notion writes it, and the item that it becomes.

use std::collections::HashMap;

use serde::{Deserialize, de::IgnoredAny};

use crate::model::IntegrationItem;

/// What a page, a database and a data source have in common. Only `object` and `id` are always there: Notion sends
/// partial objects where more may not be seen.
#[derive(Deserialize)]
pub(super) struct Object {
    pub(super) id: String,
    /// `page`, `database` or `data_source`.
    #[serde(rename = "object")]
    pub(super) kind: String,
    pub(super) created_time: Option<String>,
    last_edited_time: Option<String>,
    #[serde(default)]
    in_trash: bool,
    url: Option<String>,
    pub(super) parent: Option<Parent>,
    /// Of a page: its values. Of a data source: its schema, in which no title is found.
    #[serde(default)]
    properties: HashMap<String, Property>,
    /// Of a database or a data source.
    title: Option<Vec<RichText>>,
    /// Of a database.
    #[serde(default)]
    pub(super) data_sources: Vec<Named>,
}

/// Where an object lies. A page in a workspace's top level has none of these.
#[derive(Default, Deserialize)]
pub(super) struct Parent {
    page_id: Option<String>,
    pub(super) database_id: Option<String>,
    pub(super) data_source_id: Option<String>,
    block_id: Option<String>,
}

/// A data source, as its database names it.
#[derive(Deserialize)]
pub(super) struct Named {
    pub(super) id: String,
}

#[derive(Deserialize)]
struct Property {
    title: Option<Title>,
}

/// In a page the title's text, in a schema an empty object.
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
    /// The title on one line, whatever its property is called; `Untitled` when it is empty, nothing when it is not told.
    pub(super) fn title(&self) -> Option<String> {
        let of_page = self.properties.values().find_map(|property| match &property.title {
            Some(Title::Text(text)) => Some(text),
            _ => None,
        });
        let text: String = self.title.as_ref().or(of_page)?.iter().map(|part| part.plain_text.as_str()).collect();
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        Some(if line.is_empty() { "Untitled".to_owned() } else { line })
    }

    /// The nearest thing that it lies in: the data source rather than the database of a row.
    pub(super) fn parent_id(&self) -> Option<&str> {
        let parent = self.parent.as_ref()?;
        let ids = [&parent.data_source_id, &parent.database_id, &parent.page_id, &parent.block_id];
        ids.into_iter().find_map(|id| id.as_deref())
    }

    /// The item. Its parent's title is filled in by who knows it.
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
