//! Loaded items, as the list holds them.

use std::sync::Arc;

use leptos::prelude::*;

use crate::model::{FirstPage, IntegrationItem};

/// Everything that was loaded, in arrival order.
#[derive(Clone, Copy)]
pub struct Rows {
    /// The rows.
    pub all: RwSignal<Vec<Row>>,
    /// Whether these are the few rows that the server rendered. They flow down the page, since a browser without WASM
    /// cannot put rows where one scrolls to.
    pub rendered: RwSignal<bool>,
}

impl Rows {
    /// The rows that the page starts with.
    pub fn new(first_page: Option<&FirstPage>) -> Self {
        let rows =
            first_page.map(|page| page.items.iter().map(|item| Row::new(&page.provider, item.clone())).collect());
        Self { all: RwSignal::new(rows.unwrap_or_default()), rendered: RwSignal::new(first_page.is_some()) }
    }

    /// Makes room for a provider's new load.
    pub fn renew(self, source: &str) {
        self.all.update(|rows| rows.retain(|row| row.source() != source));
        self.rendered.set(false);
    }

    /// Adds a page of a provider's items.
    pub fn add(self, source: &str, items: Vec<IntegrationItem>) {
        self.all.update(|rows| rows.extend(items.into_iter().map(|item| Row::new(source, item))));
    }
}

/// An item, whose it is, and what a search looks through. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub struct Row(Arc<Content>);

#[derive(Debug, PartialEq)]
struct Content {
    source: String,
    item: IntegrationItem,
    searched: String,
}

impl Row {
    fn new(source: &str, item: IntegrationItem) -> Self {
        let name = item.name.as_deref().unwrap_or_default();
        let searched = format!("{name} {} {} {source}", item.kind, item.id).to_lowercase();
        Self(Arc::new(Content { source: source.to_owned(), item, searched }))
    }

    /// The item.
    pub fn item(&self) -> &IntegrationItem {
        &self.0.item
    }

    /// Whose it is: `HubSpot`.
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// Whether name, type, id or source hold the text (in lower case), and it is of the type, if one is chosen.
    pub fn matches(&self, text: &str, kind: &str) -> bool {
        (kind.is_empty() || self.0.item.kind == kind) && self.0.searched.contains(text)
    }

    /// The day it was made: `2026-01-31`.
    pub fn created(&self) -> &str {
        self.0.item.creation_time.as_deref().and_then(|time| time.get(..10)).unwrap_or("–")
    }
}
