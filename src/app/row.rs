//! A loaded item, as the list holds it.

use std::sync::Arc;

use crate::model::IntegrationItem;

/// An item, whose it is, and what a search looks through. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub struct Row(Arc<Content>);

#[derive(Debug, PartialEq)]
struct Content {
    provider: String,
    item: IntegrationItem,
    searched: String,
}

impl Row {
    /// A provider's items as rows.
    pub fn all(provider: &str, items: &[IntegrationItem]) -> Vec<Self> {
        items.iter().map(|item| Self::new(provider, item.clone())).collect()
    }

    fn new(provider: &str, item: IntegrationItem) -> Self {
        let searched = format!("{} {} {}", item.name.as_deref().unwrap_or_default(), item.kind, item.id).to_lowercase();
        Self(Arc::new(Content { provider: provider.to_owned(), item, searched }))
    }

    /// The item.
    pub fn item(&self) -> &IntegrationItem {
        &self.0.item
    }

    /// Whose it is: `hubspot`.
    pub fn provider(&self) -> &str {
        &self.0.provider
    }

    /// Whether name, type or id hold the text (in lower case), and it is of the type, if one is chosen.
    pub fn matches(&self, text: &str, kind: &str) -> bool {
        (kind.is_empty() || self.0.item.kind == kind) && self.0.searched.contains(text)
    }

    /// The day it was made: `2026-01-31`.
    pub fn created(&self) -> &str {
        self.0.item.creation_time.as_deref().and_then(|time| time.get(..10)).unwrap_or("–")
    }
}
