//! The titles of a workspace, so that every item can name its parent.
//!
//! Search has an order of its own, in which a page may come before the page that it lies in. Such an item waits here until
//! its parent's title is known, or until the search is over. What is kept is a title for each page that search returns.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::object::Object;
use crate::model::IntegrationItem;

/// What is known of a workspace so far.
#[derive(Default)]
pub(super) struct Tree {
    /// Data sources whose rows are queried. Search returns some of these rows too, and they are left to the query.
    queried: HashSet<String>,
    titles: HashMap<String, Option<String>>,
    /// By the parent that they wait for; ordered, so that two loads of the same data are the same.
    waiting: BTreeMap<String, Vec<IntegrationItem>>,
}

impl Tree {
    /// The rows of this data source will come from a query.
    pub(super) fn queries(&mut self, data_source: &str) {
        self.queried.insert(data_source.to_owned());
    }

    /// Puts objects in their places. What comes back can name its parent, or has none that could be known.
    pub(super) fn place(&mut self, objects: Vec<Object>) -> Vec<IntegrationItem> {
        let mut placed = Vec::new();
        for object in objects {
            let source = object.parent.as_ref().and_then(|parent| parent.data_source_id.as_ref());
            let is_queried = object.kind == "page" && source.is_some_and(|source| self.queried.contains(source));
            if !self.titles.contains_key(&object.id) {
                self.place_one(object.into_item(), is_queried, &mut placed);
            }
        }
        placed
    }

    /// A row that a query will bring is not placed; what lies in it learns its title all the same.
    fn place_one(&mut self, mut item: IntegrationItem, is_queried: bool, placed: &mut Vec<IntegrationItem>) {
        self.titles.insert(item.id.clone(), item.name.clone());
        let (name, children) = (item.name.clone(), self.waiting.remove(&item.id).unwrap_or_default());
        match item.parent_id.as_ref().map(|parent| (parent, self.titles.get(parent))) {
            _ if is_queried => {}
            Some((parent, None)) => self.waiting.entry(parent.clone()).or_default().push(item),
            Some((_, Some(title))) => {
                item.parent_path_or_name.clone_from(title);
                placed.push(item);
            }
            None => placed.push(item),
        }
        placed.extend(children.into_iter().map(|child| IntegrationItem { parent_path_or_name: name.clone(), ..child }));
    }

    /// Those whose parents never came: they are not shared with us, or are blocks, which have no titles.
    pub(super) fn rest(&mut self) -> Vec<IntegrationItem> {
        std::mem::take(&mut self.waiting).into_values().flatten().collect()
    }
}
