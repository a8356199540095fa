use proptest::prelude::*;
use serde_json::{Value, json};

use super::{object::Object, tree::Tree};
use crate::server::providers::any_json;

fn object(value: Value) -> Object {
    serde_json::from_value(value).unwrap()
}

fn titled(parts: &[&str]) -> Value {
    let parts: Vec<_> = parts.iter().map(|part| json!({"type": "text", "plain_text": part})).collect();
    json!({"Wie es heißt": {"id": "title", "type": "title", "title": parts}, "Done": {"id": "x", "type": "checkbox", "checkbox": false}})
}

fn page(id: &str, parent: Value) -> Object {
    object(json!({"object": "page", "id": id, "parent": parent, "properties": titled(&[id])}))
}

#[test]
fn a_page_is_named_by_its_title_property_whatever_its_name() {
    for (parts, name) in
        [(&["Road", "map"][..], "Roadmap"), (&[], "Untitled"), (&[" \n "], "Untitled"), (&["a\nb"], "a b")]
    {
        let page = object(json!({"object": "page", "id": "p", "properties": titled(parts)}));
        assert_eq!(page.title().as_deref(), Some(name));
    }
    assert_eq!(object(json!({"object": "page", "id": "p"})).title(), None, "a partial page has no title");
}

#[test]
fn an_object_of_an_unknown_kind_is_no_item() {
    for (kind, is_known) in [("page", true), ("data_source", true), ("", false), ("block", false)] {
        let read = serde_json::from_value::<Object>(json!({"object": kind, "id": "p"}));
        assert_eq!(read.is_ok(), is_known, "{kind:?}");
    }
}

#[test]
fn a_page_that_arrives_before_its_parent_waits_for_the_title() {
    let mut tree = Tree::default();
    let child = page("child", json!({"type": "page_id", "page_id": "parent"}));
    let orphan = page("orphan", json!({"type": "page_id", "page_id": "elsewhere"}));
    assert!(tree.add(vec![child, orphan]).is_empty());
    let ready = tree.add(vec![page("parent", json!({"type": "workspace", "workspace": true}))]);
    let found: Vec<_> = ready.iter().map(|item| (item.id.as_str(), item.parent_path_or_name.as_deref())).collect();
    assert_eq!(found, [("parent", None), ("child", Some("parent"))]);
    let rest = tree.take_orphans();
    assert_eq!((rest.len(), rest[0].id.as_str(), rest[0].parent_id.as_deref()), (1, "orphan", Some("elsewhere")));
}

#[test]
fn rows_of_queried_data_sources_are_ignored_and_others_are_kept() {
    let mut tree = Tree::default();
    tree.add_queried("known");
    let row = |id, source| page(id, json!({"type": "data_source_id", "data_source_id": source, "database_id": "d"}));
    assert!(tree.add(vec![row("a", "known"), row("b", "unknown")]).is_empty());
    assert_eq!(tree.take_orphans().iter().map(|item| item.id.as_str()).collect::<Vec<_>>(), ["b"]);
}

#[test]
fn a_page_below_a_queried_row_has_the_title_of_the_row() {
    let mut tree = Tree::default();
    tree.add_queried("known");
    let row = page("row", json!({"type": "data_source_id", "data_source_id": "known", "database_id": "d"}));
    let [early, late] = ["early", "late"].map(|id| page(id, json!({"type": "page_id", "page_id": "row"})));
    let ready = tree.add(vec![early, row, late]);
    let found: Vec<_> = ready.iter().map(|item| (item.id.as_str(), item.parent_path_or_name.as_deref())).collect();
    assert_eq!(found, [("early", Some("row")), ("late", Some("row"))]);
}

#[test]
fn an_object_that_search_returns_twice_becomes_one_item() {
    let mut tree = Tree::default();
    let top = || page("top", json!({"type": "workspace", "workspace": true}));
    assert_eq!(tree.add(vec![top(), top()]).len() + tree.add(vec![top()]).len(), 1);
}

/// A property value of each type of `pageObjectResponse` (OpenAPI of 2026-03-11).
fn any_property() -> any_json::Json {
    let rich_text = || {
        any_json::list(any_json::object(
            vec![
                ("type", any_json::constant("text")),
                ("plain_text", any_json::text()),
                ("annotations", any_json::anything()),
            ],
            vec![
                ("href", any_json::one_of(vec![any_json::text(), any_json::null()])),
                ("text", any_json::anything()),
                ("mention", any_json::anything()),
            ],
        ))
    };
    let or_null = |json: any_json::Json| any_json::one_of(vec![json, any_json::null()]);
    let option = || {
        any_json::object(
            vec![("id", any_json::text()), ("name", any_json::text()), ("color", any_json::constant("red"))],
            vec![],
        )
    };
    let user = || {
        any_json::object(
            vec![("object", any_json::constant("user")), ("id", any_json::text())],
            vec![("name", any_json::text())],
        )
    };
    let id = || any_json::object(vec![("id", any_json::text())], vec![]);
    let by_type = vec![
        ("title", rich_text()),
        ("rich_text", rich_text()),
        ("number", or_null(any_json::number())),
        ("select", or_null(option())),
        ("status", or_null(option())),
        ("multi_select", any_json::list(option())),
        (
            "date",
            or_null(any_json::object(vec![("start", any_json::time())], vec![("end", or_null(any_json::time()))])),
        ),
        ("people", any_json::list(user())),
        ("files", any_json::list(any_json::anything())),
        ("checkbox", any_json::boolean()),
        ("url", or_null(any_json::text())),
        ("email", or_null(any_json::text())),
        ("phone_number", or_null(any_json::text())),
        ("formula", any_json::anything()),
        ("relation", any_json::list(id())),
        ("rollup", any_json::anything()),
        ("created_time", any_json::time()),
        ("created_by", user()),
        ("last_edited_time", any_json::time()),
        ("last_edited_by", user()),
        ("unique_id", any_json::anything()),
        ("verification", any_json::anything()),
        ("button", any_json::object(vec![], vec![])),
        ("place", or_null(any_json::anything())),
    ];
    let property = |(kind, value)| {
        any_json::object(vec![("id", any_json::text()), ("type", any_json::constant(kind)), (kind, value)], vec![])
    };
    any_json::one_of(by_type.into_iter().map(property).collect())
}

fn any_parent() -> any_json::Json {
    let parent = |kind| any_json::object(vec![("type", any_json::constant(kind)), (kind, any_json::near_id())], vec![]);
    let row = any_json::object(
        vec![
            ("type", any_json::constant("data_source_id")),
            ("data_source_id", any_json::near_id()),
            ("database_id", any_json::near_id()),
        ],
        vec![],
    );
    let top =
        any_json::object(vec![("type", any_json::constant("workspace")), ("workspace", any_json::boolean())], vec![]);
    any_json::one_of(vec![parent("page_id"), parent("database_id"), parent("block_id"), row, top])
}

/// A page, a database or a data source; or no more than what Notion calls a partial one.
fn any_object() -> any_json::Json {
    let common = || {
        vec![
            ("id", any_json::near_id()),
            ("created_time", any_json::time()),
            ("last_edited_time", any_json::time()),
            ("in_trash", any_json::boolean()),
            ("url", any_json::text()),
            ("public_url", any_json::one_of(vec![any_json::text(), any_json::null()])),
            ("parent", any_parent()),
            ("icon", any_json::anything()),
            ("cover", any_json::anything()),
            ("created_by", any_json::anything()),
        ]
    };
    let of = |kind, own: Vec<(&'static str, any_json::Json)>| {
        any_json::object([vec![("object", any_json::constant(kind))], common(), own].concat(), vec![])
    };
    let title = || any_json::list(any_json::object(vec![("plain_text", any_json::text())], vec![]));
    let empty = || any_json::object(vec![], vec![]);
    let schema = any_json::object(
        vec![
            ("id", any_json::text()),
            ("name", any_json::text()),
            ("type", any_json::constant("title")),
            ("title", empty()),
        ],
        vec![],
    );
    let named = any_json::object(vec![("id", any_json::text()), ("name", any_json::text())], vec![]);
    any_json::one_of(vec![
        of("page", vec![("properties", any_json::map(".{0,9}", any_property()))]),
        of("data_source", vec![("title", title()), ("properties", any_json::map(".{0,9}", schema))]),
        of("database", vec![("title", title()), ("data_sources", any_json::list(named))]),
        any_json::object(vec![("object", any_json::constant("page")), ("id", any_json::near_id())], vec![]),
        any_json::object(
            vec![("object", any_json::constant("data_source")), ("id", any_json::near_id()), ("properties", empty())],
            vec![],
        ),
    ])
}

proptest! {
    #[test]
    fn every_object_within_the_schema_becomes_an_item(value in any_object()) {
        let is_partial = value.get("url").is_none();
        let item = object(value.clone()).into_item();
        any_json::check(&item, &value)?;
        prop_assert_eq!(item.kind.as_str(), value["object"].as_str().unwrap());
        prop_assert_eq!(item.directory, item.kind != "page");
        prop_assert!(is_partial || item.creation_time.is_some() && item.last_modified_time.is_some() && item.url.is_some());
    }

    #[test]
    fn a_tree_loses_no_object_whatever_the_order(values in any_json::list(any_object())) {
        let mut tree = Tree::default();
        let ids: std::collections::BTreeSet<_> = values.as_array().unwrap().iter().map(|value| value["id"].to_string()).collect();
        let mut items = tree.add(values.as_array().unwrap().iter().cloned().map(object).collect());
        items.extend(tree.take_orphans());
        let found: std::collections::BTreeSet<_> = items.iter().map(|item| Value::from(item.id.as_str()).to_string()).collect();
        prop_assert_eq!(items.len(), found.len(), "each once");
        prop_assert_eq!(found, ids);
    }
}
