//! The titles in a workspace, so that every item can name its parent.
//!
//! Search may return a page before its parent. Such an item is held back until the parent's title is known or the search is
//! over. What stays in memory is one title for each page that search returns.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::object::Object;
use crate::model::IntegrationItem;

/// The part of a workspace that is known so far.
#[derive(Default)]
pub(super) struct Tree {
    /// Data sources whose rows are queried. Search returns some of these rows too, which are ignored.
    queried: HashSet<String>,
    titles: HashMap<String, Option<String>>,
    /// Items by the parent that they wait for; ordered, so that two loads of the same data are identical.
    waiting: BTreeMap<String, Vec<IntegrationItem>>,
}

impl Tree {
    /// Announces that the rows of this data source come from a query.
    pub(super) fn add_queried(&mut self, data_source: &str) {
        self.queried.insert(data_source.to_owned());
    }

    /// Adds objects. Returns the items that can name their parent, or have none.
    pub(super) fn add(&mut self, objects: Vec<Object>) -> Vec<IntegrationItem> {
        let mut ready = Vec::new();
        for object in objects {
            let source = object.parent.as_ref().and_then(|parent| parent.data_source_id.as_ref());
            let is_queried = object.kind == "page" && source.is_some_and(|source| self.queried.contains(source));
            if !self.titles.contains_key(&object.id) {
                self.add_item(object.into_item(), is_queried, &mut ready);
            }
        }
        ready
    }

    /// Adds one item. A row that a query returns is dropped, but its title is kept for its children.
    fn add_item(&mut self, mut item: IntegrationItem, is_queried: bool, ready: &mut Vec<IntegrationItem>) {
        self.titles.insert(item.id.clone(), item.name.clone());
        let (name, children) = (item.name.clone(), self.waiting.remove(&item.id).unwrap_or_default());
        match item.parent_id.as_ref().map(|parent| (parent, self.titles.get(parent))) {
            _ if is_queried => {}
            Some((parent, None)) => self.waiting.entry(parent.clone()).or_default().push(item),
            Some((_, Some(title))) => {
                item.parent_path_or_name.clone_from(title);
                ready.push(item);
            }
            None => ready.push(item),
        }
        ready.extend(children.into_iter().map(|child| IntegrationItem { parent_path_or_name: name.clone(), ..child }));
    }

    /// The items whose parents were not returned: those are not shared with us, or are blocks, which have no titles.
    pub(super) fn take_orphans(&mut self) -> Vec<IntegrationItem> {
        std::mem::take(&mut self.waiting).into_values().flatten().collect()
    }
}
