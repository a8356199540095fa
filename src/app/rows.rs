//! The loaded items, prepared for the list.

use std::sync::Arc;

use leptos::prelude::*;

use crate::model::{FirstPage, IntegrationItem};

/// All loaded items.
#[derive(Clone, Copy)]
pub struct Rows {
    /// In order of arrival.
    pub all: RwSignal<Vec<Row>>,
    /// Whether these are the few rows that the server rendered. They are laid out as a plain list, because positioning
    /// rows by scroll offset needs WASM.
    pub is_first_page: RwSignal<bool>,
}

impl Rows {
    pub fn new(first_page: Option<&FirstPage>) -> Self {
        let rows =
            first_page.map(|page| page.items.iter().map(|item| Row::new(&page.provider, item.clone())).collect());
        Self { all: RwSignal::new(rows.unwrap_or_default()), is_first_page: RwSignal::new(first_page.is_some()) }
    }

    /// Removes a provider's items, before it is loaded again.
    pub fn remove(self, provider: &str) {
        self.all.update(|rows| rows.retain(|row| row.provider() != provider));
        self.is_first_page.set(false);
    }

    /// Adds a page of a provider's items.
    pub fn add(self, provider: &str, items: Vec<IntegrationItem>) {
        self.all.update(|rows| rows.extend(items.into_iter().map(|item| Row::new(provider, item))));
    }
}

/// An item with its provider. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub struct Row(Arc<Content>);

#[derive(Debug, PartialEq)]
struct Content {
    provider: String,
    item: IntegrationItem,
    /// The text that the filter searches, in lower case.
    search_text: String,
}

impl Row {
    fn new(provider: &str, item: IntegrationItem) -> Self {
        let name = item.name.as_deref().unwrap_or_default();
        let search_text = format!("{name} {} {} {provider}", item.kind, item.id).to_lowercase();
        Self(Arc::new(Content { provider: provider.to_owned(), item, search_text }))
    }

    pub fn item(&self) -> &IntegrationItem {
        &self.0.item
    }

    /// The provider's name, such as `HubSpot`.
    pub fn provider(&self) -> &str {
        &self.0.provider
    }

    /// Whether the name, type, id or provider contains `text`, which is in lower case, and the type is `kind`. An empty
    /// `kind` matches every type.
    pub fn matches(&self, text: &str, kind: &str) -> bool {
        (kind.is_empty() || self.0.item.kind == kind) && self.0.search_text.contains(text)
    }

    /// The day on which the item was created, such as `2026-01-31`, or a dash.
    pub fn created(&self) -> &str {
        self.0.item.creation_time.as_deref().and_then(|time| time.get(..10)).unwrap_or("–")
    }
}
