//! Fuzz target: pages of Notion's lists, and the tree that they become.

use std::collections::HashSet;

use proptest::prelude::*;
use serde_json::json;

use super::{listing::Listing, object::Object, tree::Tree};
use crate::server::{
    fuzzing::{fuzz, mutated},
    providers::{any_json, records::from_object},
};

#[test]
fn a_page_of_notion_is_read_or_refused() {
    let title = json!([{"type": "text", "plain_text": "Roadmap"}, {"type": "mention", "plain_text": "\n"}]);
    let valid = json!({
        "object": "list", "has_more": true, "next_cursor": "c", "request_status": {"type": "complete"},
        "results": [
            {"object": "page", "id": "a", "parent": {"type": "page_id", "page_id": "b"}, "in_trash": false,
             "created_time": "2026-01-02T03:04:00.000Z", "properties": {"Name": {"id": "title", "title": title}}},
            {"object": "page", "id": "b", "parent": {"type": "workspace", "workspace": true}, "url": "https://notion.so/b"},
            {"object": "page", "id": "e", "parent": {"data_source_id": "d", "database_id": "c"}, "properties": {}},
            {"object": "database", "id": "c", "title": title, "data_sources": [{"id": "d", "name": "x"}]},
            {"object": "data_source", "id": "d", "title": [], "properties": {"Name": {"title": {}}}},
        ],
    });
    let body = any_json::damaged(Just(valid).boxed()).prop_map(|json| json.to_string());
    let input = (prop_oneof![6 => body.clone(), 1 => mutated(body)], any::<bool>());
    fuzz("notion-pages", &input, |(body, is_queried)| {
        let Ok(listing) = from_object::<Listing>(body.as_bytes()) else { return Ok(()) };
        let has_more = any_json::value(&body)["has_more"].as_bool().unwrap_or_default();
        prop_assert_eq!(listing.next().is_ok_and(|next| next.is_none()), !has_more, "only has_more ends a list");
        listing.is_truncated();
        any_json::check_batch(&listing.results.into_batch(Object::into_item), &body, "/results")?;

        let listing: Listing = from_object(body.as_bytes()).unwrap();
        let is_row = |object: &&Object| {
            is_queried
                && object.kind == "page"
                && object.parent.as_ref().is_some_and(|parent| parent.data_source_id.as_deref() == Some("d"))
        };
        // Of several objects with one id, the first counts.
        let mut seen = HashSet::new();
        let first: Vec<_> = listing.results.good.iter().filter(|object| seen.insert(object.id.clone())).collect();
        let expected: HashSet<_> =
            first.into_iter().filter(|object| !is_row(object)).map(|object| object.id.clone()).collect();
        let mut tree = Tree::default();
        if is_queried {
            tree.add_queried("d");
        }
        let mut items = tree.add(listing.results.good);
        items.extend(tree.take_orphans());
        prop_assert_eq!(items.len(), expected.len(), "each object becomes one item");
        prop_assert_eq!(items.into_iter().map(|item| item.id).collect::<HashSet<_>>(), expected);
        Ok(())
    });
}
