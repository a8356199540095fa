//! The content of the workspace, and that a client can find all of it.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::Method;
use serde_json::{Value, json};

use super::{Integration, id, ids};

/// Everything that a client finds by searching and then querying each data source.
async fn load(integration: &Integration) -> BTreeMap<String, Value> {
    let mut found: BTreeMap<_, _> =
        integration.all("search", json!({})).await.into_iter().map(|object| (id(&object), object)).collect();
    for source in integration.sources().await.values() {
        let rows = integration.all(&format!("data_sources/{source}/query"), json!({})).await;
        found.extend(rows.into_iter().map(|row| (id(&row), row)));
    }
    found
}

#[tokio::test]
async fn a_complete_load_finds_as_many_objects_as_the_sandbox_reports() {
    let integration = Integration::connected().await;
    for records in [json!({"pages": 400, "rows": 600}), json!({"pages": 9, "rows": 50}), json!({"pages": 1, "rows": 0})]
    {
        integration.sandbox.configure(json!({"records": records, "limits": false})).await;
        let found = load(&integration).await;
        let count = |kind: &str| found.values().filter(|object| object["object"] == kind).count();
        let databases = |object: &Value| object["parent"]["database_id"].as_str().map(str::to_owned);
        let databases: BTreeSet<_> = found.values().filter_map(databases).collect();
        for database in &databases {
            integration.read(&format!("databases/{database}")).await;
        }
        let holds = integration.sandbox.stats().await["holds"]["notion"].clone();
        let counted = json!({
            "page": count("page"), "data_source": count("data_source"), "database": databases.len(),
        });
        assert_eq!(counted, holds, "{records}");
    }
}

#[tokio::test]
async fn the_seed_determines_the_workspace() {
    let first = load(&Integration::connected().await).await;
    let second = load(&Integration::connected().await).await;
    assert_eq!(first, second);
    let mut other = Integration::new(2);
    other.connect("decision=approve").await;
    assert!(load(&other).await.keys().all(|id| !first.contains_key(id)));
}

#[tokio::test]
async fn changing_the_number_of_records_moves_no_page() {
    let integration = Integration::connected().await;
    integration.sandbox.configure(json!({"limits": false})).await;
    let before = load(&integration).await;
    integration.sandbox.configure(json!({"records": {"pages": 700}})).await;
    let after = load(&integration).await;
    assert_eq!(after.len(), before.len() + 300);
    assert!(before.iter().all(|(id, object)| after[id]["parent"] == object["parent"]));
}

#[tokio::test]
async fn every_page_and_database_is_reachable_through_blocks() {
    let integration = Integration::with(json!({"limits": false})).await;
    let found = load(&integration).await;
    let tops = found.values().filter(|object| object["parent"]["type"] == "workspace");
    let mut open: Vec<(String, u32)> = tops.map(|top| (id(top), 1)).collect();
    let (mut pages, mut databases, mut kinds, mut deepest) = (open.len(), 0, BTreeSet::new(), 0);
    while let Some((parent, depth)) = open.pop() {
        for block in integration.listed(&format!("blocks/{parent}/children")).await {
            let kind = block["type"].as_str().unwrap().to_owned();
            assert!(block[&kind].is_object(), "{block}");
            let own = block["parent"][block["parent"]["type"].as_str().unwrap()].as_str();
            assert_eq!(own, Some(parent.as_str()), "{block}");
            let below = if kind == "child_page" { depth + 1 } else { depth };
            pages += usize::from(kind == "child_page");
            databases += usize::from(kind == "child_database");
            deepest = deepest.max(below);
            if kind == "child_page" {
                let title = block["child_page"]["title"].as_str().unwrap();
                let runs = found[&id(&block)]["properties"]["title"]["title"].as_array().unwrap();
                assert_eq!(runs.iter().map(|run| run["plain_text"].as_str().unwrap()).collect::<String>(), title);
            }
            kinds.insert(kind);
            if block["has_children"] == true {
                open.push((id(&block), below));
            }
        }
    }
    assert_eq!((pages, databases, deepest), (400, 5, 3));
    assert!(kinds.len() > 20, "{kinds:?}");
}

#[tokio::test]
async fn every_parent_can_be_read() {
    let integration = Integration::with(json!({"limits": false})).await;
    for object in load(&integration).await.values() {
        let parent = &object["parent"];
        let kind = parent["type"].as_str().unwrap();
        let path = match kind {
            "workspace" => continue,
            "page_id" => "pages",
            "block_id" => "blocks",
            "database_id" => "databases",
            _ => "data_sources",
        };
        integration.read(&format!("{path}/{}", parent[kind].as_str().unwrap())).await;
    }
}

#[tokio::test]
async fn the_rows_have_every_type_of_property_with_and_without_a_value() {
    let integration = Integration::connected().await;
    let (mut set, mut unset) = (BTreeSet::new(), BTreeMap::new());
    for row in load(&integration).await.values().filter(|object| object["parent"]["type"] == "data_source_id") {
        for property in row["properties"].as_object().unwrap().values() {
            let kind = property["type"].as_str().unwrap();
            match &property[kind] {
                Value::Null | Value::Bool(false) => drop(unset.insert(kind.to_owned(), property[kind].clone())),
                Value::Array(list) if list.is_empty() => drop(unset.insert(kind.to_owned(), json!([]))),
                _ => drop(set.insert(kind.to_owned())),
            }
        }
    }
    let all = [
        "title",
        "rich_text",
        "number",
        "select",
        "multi_select",
        "status",
        "date",
        "people",
        "files",
        "checkbox",
        "url",
        "email",
        "phone_number",
        "formula",
        "relation",
        "rollup",
        "created_time",
        "created_by",
        "last_edited_time",
        "last_edited_by",
        "unique_id",
        "verification",
        "button",
        "place",
    ];
    assert_eq!(set, all.map(str::to_owned).into());
    for (kind, value) in [("number", Value::Null), ("date", Value::Null), ("relation", json!([])), ("title", json!([]))]
    {
        assert_eq!(unset[kind], value, "{kind}");
    }
    assert_eq!((&unset["checkbox"], &unset["select"], &unset["people"]), (&json!(false), &Value::Null, &json!([])));
}

#[tokio::test]
async fn the_title_property_has_another_name_in_each_data_source() {
    let integration = Integration::connected().await;
    let mut names = BTreeSet::new();
    for source in integration.sources().await.values() {
        let source = integration.read(&format!("data_sources/{source}")).await;
        let columns = source["properties"].as_object().unwrap();
        let titles: Vec<_> = columns.values().filter(|column| column["type"] == "title").collect();
        assert_eq!((titles.len(), &titles[0]["id"]), (1, &json!("title")));
        names.insert(titles[0]["name"].as_str().unwrap().to_owned());
    }
    assert_eq!(names.len(), 6);
    let rows = integration.rows("Tasks", json!({})).await;
    let runs = |row: &Value| row["properties"]["Task"]["title"].as_array().unwrap().len();
    assert!(rows.iter().any(|row| runs(row) == 0) && rows.iter().any(|row| runs(row) > 2));
}

#[tokio::test]
async fn a_page_shows_the_beginning_of_a_long_relation() {
    let integration = Integration::connected().await;
    let rows = integration.rows("Projects", json!({})).await;
    let mut cut = 0;
    for row in rows.iter().take(12) {
        let relation = &row["properties"]["Tasks"];
        let path = format!("pages/{}/properties/{}", id(row), relation["id"].as_str().unwrap());
        let all: Vec<_> = integration.listed(&path).await.iter().map(|item| item["relation"].clone()).collect();
        let shown = relation["relation"].as_array().unwrap();
        assert_eq!(shown[..], all[..all.len().min(25)]);
        assert_eq!(relation["has_more"], all.len() > 25);
        assert_eq!(row["properties"]["Task count"]["rollup"]["number"], all.len());
        cut += usize::from(all.len() > 25);
    }
    assert_eq!(cut, 1);
}

#[tokio::test]
async fn ids_are_accepted_with_and_without_dashes_and_nothing_else_is() {
    let integration = Integration::connected().await;
    let page = id(&integration.all("search", json!({})).await[0]);
    for written in [page.clone(), page.replace('-', ""), page.to_uppercase()] {
        assert_eq!(integration.read(&format!("pages/{written}")).await["id"], page.as_str());
    }
    for (path, code) in [
        (format!("pages/{}", &page[1..]), "validation_error"),
        ("pages/be907abe-510e-4116-a3d1-7ea71018c06f".to_owned(), "object_not_found"),
        (format!("databases/{page}"), "object_not_found"),
        (format!("users/{page}"), "object_not_found"),
        (format!("pages/{page}/properties/mood"), "object_not_found"),
    ] {
        assert_eq!(integration.get(&path).await.json()["code"], code, "{path}");
    }
}

#[tokio::test]
async fn the_bot_is_one_of_the_users() {
    let integration = Integration::connected().await;
    let me = integration.read("users/me").await;
    let users = integration.listed("users").await;
    assert_eq!(users.len(), 15);
    assert!(ids(&users).contains(&id(&me)));
    for user in users {
        let read = integration.read(&format!("users/{}", id(&user))).await;
        assert_eq!((&read["name"], &read["type"]), (&user["name"], &user["type"]));
    }
    assert_eq!(integration.call(Method::GET, "users/x", None).await.json()["code"], "validation_error");
}
