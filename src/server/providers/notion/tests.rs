use proptest::prelude::*;
use serde_json::{Value, json};

use super::{object::Object, tree::Tree};
use crate::server::providers::any;

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
fn a_page_is_called_by_its_title_property_whatever_that_is_called() {
    for (parts, name) in
        [(&["Road", "map"][..], "Roadmap"), (&[], "Untitled"), (&[" \n "], "Untitled"), (&["a\nb"], "a b")]
    {
        let page = object(json!({"object": "page", "id": "p", "properties": titled(parts)}));
        assert_eq!(page.title().as_deref(), Some(name));
    }
    assert_eq!(object(json!({"object": "page", "id": "p"})).title(), None, "a partial page tells no title");
}

#[test]
fn a_page_that_comes_before_its_parent_waits_for_the_title() {
    let mut tree = Tree::default();
    let child = page("child", json!({"type": "page_id", "page_id": "parent"}));
    let orphan = page("orphan", json!({"type": "page_id", "page_id": "elsewhere"}));
    assert!(tree.place(vec![child, orphan]).is_empty());
    let placed = tree.place(vec![page("parent", json!({"type": "workspace", "workspace": true}))]);
    let told: Vec<_> = placed.iter().map(|item| (item.id.as_str(), item.parent_path_or_name.as_deref())).collect();
    assert_eq!(told, [("parent", None), ("child", Some("parent"))]);
    let rest = tree.rest();
    assert_eq!((rest.len(), rest[0].id.as_str(), rest[0].parent_id.as_deref()), (1, "orphan", Some("elsewhere")));
}

#[test]
fn rows_of_queried_data_sources_are_left_to_the_query_and_others_are_kept() {
    let mut tree = Tree::default();
    tree.queries("known");
    let row = |id, source| page(id, json!({"type": "data_source_id", "data_source_id": source, "database_id": "d"}));
    assert!(tree.place(vec![row("a", "known"), row("b", "unknown")]).is_empty());
    assert_eq!(tree.rest().iter().map(|item| item.id.as_str()).collect::<Vec<_>>(), ["b"]);
}

#[test]
fn a_page_in_a_queried_row_has_the_rows_title() {
    let mut tree = Tree::default();
    tree.queries("known");
    let row = page("row", json!({"type": "data_source_id", "data_source_id": "known", "database_id": "d"}));
    let [early, late] = ["early", "late"].map(|id| page(id, json!({"type": "page_id", "page_id": "row"})));
    let placed = tree.place(vec![early, row, late]);
    let told: Vec<_> = placed.iter().map(|item| (item.id.as_str(), item.parent_path_or_name.as_deref())).collect();
    assert_eq!(told, [("early", Some("row")), ("late", Some("row"))]);
}

#[test]
fn an_object_that_search_returns_twice_is_one_item() {
    let mut tree = Tree::default();
    let top = || page("top", json!({"type": "workspace", "workspace": true}));
    assert_eq!(tree.place(vec![top(), top()]).len() + tree.place(vec![top()]).len(), 1);
}

/// A property value of each type of `pageObjectResponse` (OpenAPI of 2026-03-11).
fn any_property() -> any::Json {
    let rich_text = || {
        any::list(any::object(
            vec![("type", any::constant("text")), ("plain_text", any::text()), ("annotations", any::anything())],
            vec![
                ("href", any::one_of(vec![any::text(), any::null()])),
                ("text", any::anything()),
                ("mention", any::anything()),
            ],
        ))
    };
    let or_null = |json: any::Json| any::one_of(vec![json, any::null()]);
    let option =
        || any::object(vec![("id", any::text()), ("name", any::text()), ("color", any::constant("red"))], vec![]);
    let user =
        || any::object(vec![("object", any::constant("user")), ("id", any::text())], vec![("name", any::text())]);
    let id = || any::object(vec![("id", any::text())], vec![]);
    let by_type = vec![
        ("title", rich_text()),
        ("rich_text", rich_text()),
        ("number", or_null(any::number())),
        ("select", or_null(option())),
        ("status", or_null(option())),
        ("multi_select", any::list(option())),
        ("date", or_null(any::object(vec![("start", any::time())], vec![("end", or_null(any::time()))]))),
        ("people", any::list(user())),
        ("files", any::list(any::anything())),
        ("checkbox", any::boolean()),
        ("url", or_null(any::text())),
        ("email", or_null(any::text())),
        ("phone_number", or_null(any::text())),
        ("formula", any::anything()),
        ("relation", any::list(id())),
        ("rollup", any::anything()),
        ("created_time", any::time()),
        ("created_by", user()),
        ("last_edited_time", any::time()),
        ("last_edited_by", user()),
        ("unique_id", any::anything()),
        ("verification", any::anything()),
        ("button", any::object(vec![], vec![])),
        ("place", or_null(any::anything())),
    ];
    let property =
        |(kind, value)| any::object(vec![("id", any::text()), ("type", any::constant(kind)), (kind, value)], vec![]);
    any::one_of(by_type.into_iter().map(property).collect())
}

fn any_parent() -> any::Json {
    let parent = |kind| any::object(vec![("type", any::constant(kind)), (kind, any::near_id())], vec![]);
    let row = any::object(
        vec![
            ("type", any::constant("data_source_id")),
            ("data_source_id", any::near_id()),
            ("database_id", any::near_id()),
        ],
        vec![],
    );
    let top = any::object(vec![("type", any::constant("workspace")), ("workspace", any::boolean())], vec![]);
    any::one_of(vec![parent("page_id"), parent("database_id"), parent("block_id"), row, top])
}

/// A page, a database or a data source; or no more than what Notion calls a partial one.
fn any_object() -> any::Json {
    let common = || {
        vec![
            ("id", any::near_id()),
            ("created_time", any::time()),
            ("last_edited_time", any::time()),
            ("in_trash", any::boolean()),
            ("url", any::text()),
            ("public_url", any::one_of(vec![any::text(), any::null()])),
            ("parent", any_parent()),
            ("icon", any::anything()),
            ("cover", any::anything()),
            ("created_by", any::anything()),
        ]
    };
    let of = |kind, own: Vec<(&'static str, any::Json)>| {
        any::object([vec![("object", any::constant(kind))], common(), own].concat(), vec![])
    };
    let title = || any::list(any::object(vec![("plain_text", any::text())], vec![]));
    let empty = || any::object(vec![], vec![]);
    let schema = any::object(
        vec![("id", any::text()), ("name", any::text()), ("type", any::constant("title")), ("title", empty())],
        vec![],
    );
    let named = any::object(vec![("id", any::text()), ("name", any::text())], vec![]);
    any::one_of(vec![
        of("page", vec![("properties", any::map(".{0,9}", any_property()))]),
        of("data_source", vec![("title", title()), ("properties", any::map(".{0,9}", schema))]),
        of("database", vec![("title", title()), ("data_sources", any::list(named))]),
        any::object(vec![("object", any::constant("page")), ("id", any::near_id())], vec![]),
        any::object(
            vec![("object", any::constant("data_source")), ("id", any::near_id()), ("properties", empty())],
            vec![],
        ),
    ])
}

proptest! {
    #[test]
    fn any_object_that_the_schema_allows_becomes_an_item(value in any_object()) {
        let is_partial = value.get("url").is_none();
        let item = object(value.clone()).into_item();
        any::check(&item, &value)?;
        prop_assert_eq!(item.kind.as_str(), value["object"].as_str().unwrap());
        prop_assert_eq!(item.directory, item.kind != "page");
        prop_assert!(is_partial || item.creation_time.is_some() && item.last_modified_time.is_some() && item.url.is_some());
    }

    #[test]
    fn a_tree_loses_no_object_whatever_the_order(values in any::list(any_object())) {
        let mut tree = Tree::default();
        let ids: std::collections::BTreeSet<_> = values.as_array().unwrap().iter().map(|value| value["id"].to_string()).collect();
        let mut items = tree.place(values.as_array().unwrap().iter().cloned().map(object).collect());
        items.extend(tree.rest());
        let found: std::collections::BTreeSet<_> = items.iter().map(|item| Value::from(item.id.as_str()).to_string()).collect();
        prop_assert_eq!(items.len(), found.len(), "each once");
        prop_assert_eq!(found, ids);
    }
}
