//! Filters of every type, each compared with the properties of the rows.

use serde_json::{Value, json};

use super::{Integration, ids};

type Holds = fn(&Value) -> bool;

/// Expects a filter to select the rows for whose properties `holds` is true: some, but not all.
async fn check(integration: &Integration, source: &str, rows: &[Value], filter: Value, holds: Holds) {
    let expected: Vec<_> = rows.iter().filter(|row| holds(&row["properties"])).cloned().collect();
    assert!(!expected.is_empty() && expected.len() < rows.len(), "{filter} tells nothing apart");
    let id = integration.sources().await[source].clone();
    let path = format!("data_sources/{id}/query?filter_properties=title");
    let found = integration.all(&path, json!({"filter": filter})).await;
    assert_eq!(ids(&found), ids(&expected), "{filter}");
}

fn plain(value: &Value) -> String {
    value.as_array().unwrap().iter().map(|run| run["plain_text"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn conditions_on_the_properties_of_tasks() {
    let integration = Integration::with(json!({"limits": false})).await;
    let rows = integration.rows("Tasks", json!({})).await;
    let cases: [(Value, Holds); 24] = [
        (json!({"property": "Task", "title": {"contains": "DRAFT"}}), |row| {
            plain(&row["Task"]["title"]).contains("Draft")
        }),
        (json!({"property": "title", "title": {"is_empty": true}}), |row| plain(&row["Task"]["title"]).is_empty()),
        (json!({"property": "Notes", "rich_text": {"starts_with": "details"}}), |row| {
            plain(&row["Notes"]["rich_text"]).starts_with("Details")
        }),
        (json!({"property": "Estimate", "number": {"greater_than_or_equal_to": 8}}), |row| {
            row["Estimate"]["number"].as_f64().is_some_and(|number| number >= 8.0)
        }),
        (json!({"property": "Estimate", "number": {"is_empty": true}}), |row| row["Estimate"]["number"].is_null()),
        (json!({"property": "Estimate", "number": {"does_not_equal": 5}}), |row| row["Estimate"]["number"] != 5),
        (json!({"property": "Done", "checkbox": {"equals": true}}), |row| row["Done"]["checkbox"] == true),
        (json!({"property": "Done", "checkbox": {"does_not_equal": true}}), |row| row["Done"]["checkbox"] == false),
        (json!({"property": "Priority", "select": {"equals": "High"}}), |row| {
            row["Priority"]["select"]["name"] == "High"
        }),
        (json!({"property": "Priority", "select": {"does_not_equal": "High"}}), |row| {
            row["Priority"]["select"]["name"] != "High"
        }),
        (json!({"property": "kP%3Av", "status": {"equals": "Done"}}), |row| row["Status"]["status"]["name"] == "Done"),
        (json!({"property": "Tags", "multi_select": {"contains": "web"}}), |row| {
            row["Tags"]["multi_select"].as_array().unwrap().iter().any(|tag| tag["name"] == "web")
        }),
        (json!({"property": "Tags", "multi_select": {"is_not_empty": true}}), |row| {
            row["Tags"]["multi_select"] != json!([])
        }),
        (json!({"property": "Due", "date": {"on_or_before": "2022-12-24"}}), |row| {
            row["Due"]["date"]["start"].as_str().is_some_and(|start| start <= "2022-12-24")
        }),
        (json!({"property": "Due", "date": {"after": "2023-01-10"}}), |row| {
            row["Due"]["date"]["start"].as_str().is_some_and(|start| start > "2023-01-10")
        }),
        (json!({"property": "Due", "date": {"is_empty": true}}), |row| row["Due"]["date"].is_null()),
        (json!({"property": "Project", "relation": {"is_empty": true}}), |row| row["Project"]["relation"] == json!([])),
        (json!({"property": "ID", "unique_id": {"less_than": 12}}), |row| {
            row["ID"]["unique_id"]["number"].as_i64() < Some(12)
        }),
        (json!({"property": "Large", "formula": {"checkbox": {"equals": true}}}), |row| {
            row["Large"]["formula"]["boolean"] == true
        }),
        (json!({"property": "Hours", "formula": {"number": {"less_than": 20}}}), |row| {
            row["Hours"]["formula"]["number"].as_f64().is_some_and(|number| number < 20.0)
        }),
        (json!({"property": "Label", "formula": {"string": {"equals": "HIGH"}}}), |row| {
            row["Label"]["formula"]["string"] == "HIGH"
        }),
        (json!({"property": "Review by", "formula": {"date": {"before": "2023-01-01"}}}), |row| {
            row["Review by"]["formula"]["date"]["start"].as_str().is_some_and(|start| start < "2023-01-01")
        }),
        (json!({"property": "Created", "created_time": {"before": "2023-01-01"}}), |row| {
            row["Created"]["created_time"].as_str() < Some("2023-01-01")
        }),
        (json!({"property": "Edited", "last_edited_time": {"on_or_after": "2023-03-01T00:00:00Z"}}), |row| {
            row["Edited"]["last_edited_time"].as_str() >= Some("2023-03-01")
        }),
    ];
    for (filter, holds) in cases {
        check(&integration, "Tasks", &rows, filter, holds).await;
    }
}

#[tokio::test]
async fn conditions_on_the_other_data_sources() {
    let integration = Integration::with(json!({"limits": false})).await;
    let cases: [(&str, Value, Holds); 11] = [
        ("Companies", json!({"property": "Website", "url": {"is_empty": true}}), |row| row["Website"]["url"].is_null()),
        ("Companies", json!({"property": "Contracts", "files": {"is_not_empty": true}}), |row| {
            row["Contracts"]["files"] != json!([])
        }),
        ("People", json!({"property": "E-mail", "email": {"ends_with": "mail.example"}}), |row| {
            row["E-mail"]["email"].as_str().is_some_and(|email| email.ends_with("mail.example"))
        }),
        ("People", json!({"property": "Phone", "phone_number": {"starts_with": "+1"}}), |row| {
            row["Phone"]["phone_number"].as_str().is_some_and(|phone| phone.starts_with("+1"))
        }),
        ("Handbook", json!({"property": "Verification", "verification": {"status": "expired"}}), |row| {
            row["Verification"]["verification"]["state"] == "expired"
        }),
        ("Handbook", json!({"property": "Verification", "verification": {"status": "none"}}), |row| {
            row["Verification"]["verification"]["state"] == "unverified"
        }),
        ("Projects", json!({"property": "Task count", "rollup": {"number": {"greater_than": 1}}}), |row| {
            row["Task count"]["rollup"]["number"].as_u64() > Some(1)
        }),
        ("Projects", json!({"property": "Last due", "rollup": {"date": {"is_empty": true}}}), |row| {
            row["Last due"]["rollup"]["date"].is_null()
        }),
        ("Projects", json!({"property": "Priorities", "rollup": {"any": {"select": {"equals": "High"}}}}), |row| {
            row["Priorities"]["rollup"]["array"].as_array().unwrap().iter().any(|item| item["select"]["name"] == "High")
        }),
        (
            "Projects",
            json!({"property": "Priorities", "rollup": {"every": {"select": {"is_not_empty": true}}}}),
            |row| row["Priorities"]["rollup"]["array"].as_array().unwrap().iter().all(|item| !item["select"].is_null()),
        ),
        ("Projects", json!({"property": "Priorities", "rollup": {"none": {"select": {"equals": "Low"}}}}), |row| {
            row["Priorities"]["rollup"]["array"].as_array().unwrap().iter().all(|item| item["select"]["name"] != "Low")
        }),
    ];
    for (source, filter, holds) in cases {
        let rows = integration.rows(source, json!({})).await;
        check(&integration, source, &rows, filter, holds).await;
    }
}

#[tokio::test]
async fn people_and_relations_are_found_by_their_ids() {
    let integration = Integration::connected().await;
    let rows = integration.rows("Tasks", json!({})).await;
    for (name, kind) in [("Assignee", "people"), ("Project", "relation"), ("Created by", "created_by")] {
        let of = |row: &Value| row["properties"][name][kind].clone();
        let first =
            rows.iter().map(of).find_map(|value| value.get(0).unwrap_or(&value)["id"].as_str().map(str::to_owned));
        let wanted = first.unwrap();
        let has = |row: &&Value| of(row).to_string().contains(&wanted);
        let expected: Vec<_> = rows.iter().filter(has).cloned().collect();
        let filter = |operator: &str| json!({"filter": {"property": name, kind: {operator: wanted.replace('-', "")}}});
        assert_eq!(ids(&integration.rows("Tasks", filter("contains")).await), ids(&expected), "{name}");
        let others = integration.rows("Tasks", filter("does_not_contain")).await;
        assert_eq!(others.len(), rows.len() - expected.len(), "{name}");
    }
}

#[tokio::test]
async fn conditions_are_joined_on_two_levels_and_no_more() {
    let integration = Integration::with(json!({"limits": false})).await;
    let rows = integration.rows("Tasks", json!({})).await;
    let done = json!({"property": "Done", "checkbox": {"equals": true}});
    let (high, low) = (
        json!({"property": "Priority", "select": {"equals": "High"}}),
        json!({"property": "Priority", "select": {"equals": "Low"}}),
    );
    let joined = json!({"and": [done, {"or": [high, low]}]});
    check(&integration, "Tasks", &rows, joined.clone(), |row| {
        row["Done"]["checkbox"] == true && matches!(row["Priority"]["select"]["name"].as_str(), Some("High" | "Low"))
    })
    .await;
    let tasks = integration.sources().await["Tasks"].clone();
    for (filter, words) in [
        (json!({"or": [joined]}), "two levels"),
        (json!({"property": "Mood", "select": {"equals": "x"}}), "Could not find property with name or id: Mood"),
        (json!({"property": "Done", "select": {"equals": "x"}}), "does not match filter select"),
        (json!({"property": "Done", "checkbox": {"is_empty": true}}), "body.filter.checkbox.is_empty"),
        (json!({"property": "Estimate", "number": {"greater_than": "8"}}), "body.filter.number.greater_than"),
        (json!({"property": "Estimate", "number": {"greater_than": 8, "less_than": 9}}), "one condition"),
        (json!({"timestamp": "created_time", "created_time": {"after": "yesterday"}}), "one condition on a date"),
        (json!({"timestamp": "visited"}), "body.filter.timestamp"),
        (json!("Done"), "body.filter"),
    ] {
        let response = integration.post(&format!("data_sources/{tasks}/query"), json!({"filter": filter})).await;
        assert_eq!((response.status.as_u16(), &response.json()["code"]), (400, &json!("validation_error")), "{filter}");
        assert!(response.json()["message"].as_str().unwrap().contains(words), "{}", response.body);
    }
}

#[tokio::test]
async fn relative_periods_are_counted_from_now() {
    let integration = Integration::connected().await;
    let edited =
        |condition: &str| json!({"filter": {"timestamp": "last_edited_time", "last_edited_time": {condition: {}}}});
    assert_eq!(integration.rows("Tasks", edited("past_week")).await.len(), 0, "nothing was edited in the last week");
    let back = jiff::SignedDuration::from_hours(-24 * 365 * 3);
    integration.sandbox.clock.advance(back);
    let year = integration.post("search", json!({})).await;
    assert_eq!(year.status, 200, "tokens issued in the future are accepted");
    let past = integration.rows("Tasks", edited("past_year")).await;
    let next = integration.rows("Tasks", edited("next_year")).await;
    assert!(past.iter().all(|row| row["last_edited_time"].as_str() <= Some("2023-11-23")));
    assert!(!past.is_empty() && past.len() + next.len() <= 312 && past.len() > next.len());
    for (wide, narrow) in [("past_month", "past_week"), ("past_year", "past_month")] {
        assert!(
            integration.rows("Tasks", edited(narrow)).await.len()
                <= integration.rows("Tasks", edited(wide)).await.len()
        );
    }
}
