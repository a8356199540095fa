//! Search and queries: order, pages and limits.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Integration, id, ids};

fn texts(rows: &[Value], pointer: &str) -> Vec<String> {
    rows.iter().map(|row| row.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn search_matches_titles_and_sorts_by_last_edited_time() {
    let integration = Integration::connected().await;
    let found = integration.all("search", json!({"query": "ROYALTIES"})).await;
    assert!(found.len() > 3);
    assert!(found.iter().all(|object| object["url"].as_str().unwrap().to_lowercase().contains("royalties")));
    for direction in ["ascending", "descending"] {
        let sort = json!({"sort": {"timestamp": "last_edited_time", "direction": direction}});
        let times = texts(&integration.all("search", sort).await, "/last_edited_time");
        let mut sorted = times.clone();
        sorted.sort();
        if direction == "descending" {
            sorted.reverse();
        }
        assert_eq!((times.len(), times), (606, sorted), "{direction}");
    }
}

#[tokio::test]
async fn pages_of_a_list_neither_overlap_nor_leave_a_gap() {
    let integration = Integration::connected().await;
    let whole = ids(&integration.all("search", json!({})).await);
    assert_eq!(whole.iter().collect::<BTreeSet<_>>().len(), whole.len());
    for size in [37, 99] {
        assert_eq!(ids(&integration.all("search", json!({"page_size": size})).await), whole);
    }
}

#[tokio::test]
async fn a_cursor_is_accepted_for_its_own_list_only() {
    let integration = Integration::connected().await;
    let first = integration.post("search", json!({"page_size": 5})).await.json();
    let cursor = &first["next_cursor"];
    for body in [
        json!({"start_cursor": cursor, "query": "plan"}),
        json!({"start_cursor": "be907abe-510e-4116-a3d1-7ea71018c06f"}),
        json!({"start_cursor": first["results"][0]["id"]}),
        json!({"start_cursor": 5}),
    ] {
        let response = integration.post("search", body.clone()).await;
        assert_eq!((response.status.as_u16(), &response.json()["code"]), (400, &json!("validation_error")), "{body}");
    }
    assert_eq!(integration.post("search", json!({"start_cursor": cursor, "page_size": 9})).await.status, 200);
}

#[tokio::test]
async fn an_invalid_body_is_rejected_with_its_reason() {
    let integration = Integration::connected().await;
    for (body, word) in [
        (json!({"page_size": 101}), "body.page_size"),
        (json!({"page_size": 0}), "body.page_size"),
        (json!({"filter": {"property": "object", "value": "database"}}), "body.filter.value"),
        (json!({"sort": {"timestamp": "created_time", "direction": "ascending"}}), "body.sort.timestamp"),
        (json!({"colour": "red"}), "body.colour"),
    ] {
        let response = integration.post("search", body).await;
        assert_eq!((response.status.as_u16(), &response.json()["code"]), (400, &json!("validation_error")));
        assert!(response.json()["message"].as_str().unwrap().contains(word), "{}", response.body);
    }
    let broken = integration.post("search", json!([])).await;
    assert_eq!(broken.json()["code"], "invalid_json");
}

#[tokio::test]
async fn rows_are_returned_in_the_requested_order() {
    let integration = Integration::connected().await;
    let sort = |property: &str, direction: &str| json!({"sorts": [{"property": property, "direction": direction}]});
    let estimates = async |direction| -> Vec<Option<f64>> {
        let rows = integration.rows("Tasks", sort("Estimate", direction)).await;
        rows.iter().map(|row| row["properties"]["Estimate"]["number"].as_f64()).collect()
    };
    let is_set = |list: &[Option<f64>]| list.iter().filter(|number| number.is_some()).count();
    for direction in ["ascending", "descending"] {
        let numbers = estimates(direction).await;
        let set = is_set(&numbers);
        assert!(set < numbers.len() && is_set(&numbers[..set]) == set, "rows without a value come last: {direction}");
        let is_ordered =
            |pair: &[Option<f64>]| if direction == "ascending" { pair[0] <= pair[1] } else { pair[0] >= pair[1] };
        assert!(numbers[..set].windows(2).all(is_ordered), "{direction}");
    }
    let priorities = integration.rows("Tasks", sort("Priority", "ascending")).await;
    let mut names = texts(&priorities, "/properties/Priority/select/name");
    names.dedup();
    assert_eq!(names, ["High", "Medium", "Low", "Whenever", ""]);
    let two = json!({"sorts": [
        {"property": "Done", "direction": "descending"}, {"timestamp": "created_time", "direction": "descending"},
    ]});
    let rows = integration.rows("Tasks", two).await;
    let keys: Vec<_> = rows
        .iter()
        .map(|row| (row["properties"]["Done"]["checkbox"].as_bool(), row["created_time"].as_str()))
        .collect();
    assert!(keys.windows(2).all(|pair| pair[0] >= pair[1]));
}

#[tokio::test]
async fn only_the_requested_properties_are_returned() {
    let integration = Integration::connected().await;
    let tasks = integration.sources().await["Tasks"].clone();
    let path = format!("data_sources/{tasks}/query?filter_properties=kP%253Av&filter_properties[]=title");
    let page = integration.post(&path, json!({"page_size": 1})).await.json();
    let row = &page["results"][0];
    assert_eq!(row["properties"].as_object().unwrap().keys().collect::<Vec<_>>(), ["Status", "Task"]);
    // A decoded id selects the same property.
    let decoded = integration.read(&format!("pages/{}?filter_properties=kP%3Av", id(row))).await;
    assert_eq!(decoded["properties"].as_object().unwrap().keys().collect::<Vec<_>>(), ["Status"]);
}

#[tokio::test]
async fn rows_in_the_trash_are_listed_separately() {
    let integration = Integration::connected().await;
    let (live, trash) =
        (integration.rows("Tasks", json!({})).await, integration.rows("Tasks", json!({"in_trash": true})).await);
    assert_eq!((live.len(), trash.len()), (312, 15));
    assert!(live.iter().all(|row| row["in_trash"] == false) && trash.iter().all(|row| row["in_trash"] == true));
    assert_eq!(integration.read(&format!("pages/{}", id(&trash[0]))).await["in_trash"], true);
    let found = ids(&integration.all("search", json!({})).await);
    assert!(trash.iter().all(|row| !found.contains(&id(row))));
    let sources = integration.rows("Tasks", json!({"result_type": "data_source"})).await;
    assert_eq!(sources.len(), 0, "there are no data sources among the rows");
}

#[tokio::test]
async fn a_query_ends_at_10000_results_and_time_windows_reach_the_rest() {
    let settings = json!({"records": {"rows": 20_000}, "limits": false});
    let integration = Integration::with(settings).await;
    let tasks = integration.sources().await["Tasks"].clone();
    let path = format!("data_sources/{tasks}/query?filter_properties=title");
    let (mut found, mut body) = (BTreeSet::new(), json!({}));
    let last = loop {
        let page = integration.post(&path, body.clone()).await.json();
        found.extend(ids(page["results"].as_array().unwrap()));
        if page["has_more"] == false {
            break page;
        }
        assert_eq!(page.get("request_status"), None);
        body["start_cursor"] = page["next_cursor"].clone();
    };
    assert_eq!(found.len(), 10_000);
    let status = json!({"type": "incomplete", "incomplete_reason": "query_result_limit_reached"});
    assert_eq!((&last["request_status"], &last["next_cursor"]), (&status, &Value::Null));
    let edge = last["results"][99]["created_time"].clone();
    let rest = json!({"filter": {"timestamp": "created_time", "created_time": {"on_or_after": edge}}});
    found.extend(ids(&integration.all(&path, rest).await));
    assert_eq!(found.len(), 10_400);
}
