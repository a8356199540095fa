//! The values of cells.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{Airtable, SCOPES, ok};

const TABLES: [(&str, [&str; 3]); 3] = [
    ("Product launches", ["Launches", "Tasks", "Feedback"]),
    ("Event planning", ["Venues", "Guests", "Shifts"]),
    ("Studio CRM", ["Clients", "Projects", "Invoices"]),
];

/// All records of the workspace, by table.
async fn everything(airtable: &Airtable, parameters: &[(&str, &str)]) -> HashMap<&'static str, Vec<Value>> {
    let mut tables = HashMap::new();
    for (base, names) in TABLES {
        let base = airtable.base(base).await;
        for name in names {
            tables.insert(name, airtable.all(&format!("/airtable/v0/{base}/{name}"), parameters).await);
        }
    }
    tables
}

#[tokio::test]
async fn the_same_seed_generates_the_same_records_in_any_order() {
    let (one, two) = (Airtable::connected(SCOPES).await, Airtable::connected(SCOPES).await);
    let path = one.studio("Projects").await;
    let records = one.all(&path, &[("pageSize", "13")]).await;
    assert_eq!(records, two.all(&path, &[]).await);
    for record in records.iter().rev().step_by(31) {
        assert_eq!(ok(two.get(&format!("{path}/{}", record["id"].as_str().unwrap())).await), *record);
    }
}

#[tokio::test]
async fn links_lead_both_ways() {
    let tables = everything(&Airtable::connected(SCOPES).await, &[]).await;
    for (many, to, one, from) in [
        ("Tasks", "Launch", "Launches", "Tasks"),
        ("Feedback", "Product", "Launches", "Feedback"),
        ("Guests", "Venue", "Venues", "Guests"),
        ("Projects", "Client", "Clients", "Projects"),
        ("Invoices", "Project", "Projects", "Invoices"),
    ] {
        let pairs = |table: &str, field: &str, swap: bool| {
            let mut pairs = Vec::new();
            for record in &tables[table] {
                for link in record["fields"][field].as_array().into_iter().flatten() {
                    let (here, there) = (record["id"].clone(), link.clone());
                    pairs.push(if swap {
                        (there.to_string(), here.to_string())
                    } else {
                        (here.to_string(), there.to_string())
                    });
                }
            }
            pairs.sort();
            pairs
        };
        let forwards = pairs(many, to, false);
        assert_eq!(forwards, pairs(one, from, true), "{many}.{to}");
        assert!(forwards.len() > tables[many].len() / 2 && forwards.len() < tables[many].len(), "some have none");
    }
}

#[tokio::test]
async fn counts_sums_and_lookups_follow_the_links() {
    let tables = everything(&Airtable::connected(SCOPES).await, &[]).await;
    let tasks: HashMap<&str, &Value> =
        tables["Tasks"].iter().map(|record| (record["id"].as_str().unwrap(), record)).collect();
    for launch in &tables["Launches"] {
        let fields = &launch["fields"];
        let linked: Vec<&Value> =
            fields["Tasks"].as_array().into_iter().flatten().map(|id| tasks[id.as_str().unwrap()]).collect();
        assert_eq!(fields["Task count"], linked.len());
        let hours: f64 = linked.iter().filter_map(|task| task["fields"]["Hours"].as_f64()).sum();
        assert!((fields["Hours planned"].as_f64().unwrap() - hours).abs() < 1e-6);
        for task in linked {
            let looked_up = task["fields"].get("Launch date").map(|dates| dates[0].clone());
            assert_eq!(looked_up, fields.get("Launch date").cloned());
        }
    }
}

#[tokio::test]
async fn empty_cells_are_left_out_and_some_primary_cells_are_empty() {
    let tables = everything(&Airtable::connected(SCOPES).await, &[]).await;
    let is_empty =
        |cell: &Value| matches!(cell, Value::Null | Value::Bool(false)) || *cell == json!("") || *cell == json!([]);
    for (table, records) in &tables {
        for record in records {
            let empty = record["fields"].as_object().unwrap().iter().find(|(_, cell)| is_empty(cell));
            assert!(empty.is_none(), "{table}: {empty:?}");
        }
    }
    for (table, primary) in [("Tasks", "Task"), ("Guests", "Name"), ("Shifts", "Day"), ("Clients", "Client")] {
        let missing = tables[table].iter().filter(|record| record["fields"].get(primary).is_none()).count();
        assert!(missing > 0 && missing < tables[table].len() / 4, "{table}: {missing}");
    }
}

#[tokio::test]
async fn failing_formulas_have_special_values() {
    let tables = everything(&Airtable::connected(SCOPES).await, &[]).await;
    let cells = |table: &str, field: &str| -> Vec<String> {
        tables[table].iter().map(|record| record["fields"][field].to_string()).collect()
    };
    let per_percent = cells("Tasks", "Hours per percent");
    for special in [r#"{"specialValue":"NaN"}"#, r#"{"specialValue":"Infinity"}"#] {
        assert!(per_percent.iter().any(|cell| cell == special), "{special}");
    }
    assert!(cells("Shifts", "Wage per hour").iter().any(|cell| cell == r##"{"error":"#ERROR!"}"##));
    assert!(per_percent.iter().filter(|cell| cell.parse::<f64>().is_ok()).count() > 100);
}

#[tokio::test]
async fn text_has_many_lengths_and_scripts_and_dates_span_years() {
    let tables = everything(&Airtable::connected(SCOPES).await, &[]).await;
    let whole = serde_json::to_string(&tables).unwrap();
    for part in ["次回", "Половина", "🎉", "Zoë", "& delivery"] {
        assert!(whole.contains(part), "{part}");
    }
    let notes = tables["Tasks"].iter().filter_map(|record| record["fields"]["Notes"].as_str());
    assert!(notes.map(str::len).max() > Some(4000));
    let mut years: Vec<&str> =
        tables["Tasks"].iter().map(|record| &record["createdTime"].as_str().unwrap()[..4]).collect();
    years.dedup();
    assert!(years.len() >= 3, "{years:?}");
}

#[tokio::test]
async fn cells_can_be_returned_as_text() {
    let airtable = Airtable::connected(SCOPES).await;
    let text = [("cellFormat", "string"), ("timeZone", "UTC"), ("userLocale", "en-gb")];
    let (values, texts) = (everything(&airtable, &[]).await, everything(&airtable, &text).await);
    for (table, records) in &texts {
        for (record, typed) in records.iter().zip(&values[table]) {
            let (fields, typed) = (record["fields"].as_object().unwrap(), typed["fields"].as_object().unwrap());
            assert_eq!(fields.keys().collect::<Vec<_>>(), typed.keys().collect::<Vec<_>>());
            assert!(fields.values().all(Value::is_string), "{record}");
        }
    }
    let shown = |table: &str, field: &str| -> Vec<(Value, String)> {
        let pairs = values[table].iter().zip(&texts[table]);
        let cells = pairs.filter_map(|(typed, text)| {
            Some((typed["fields"].get(field)?.clone(), text["fields"][field].as_str()?.to_owned()))
        });
        cells.collect()
    };
    let all = |table: &str, field: &str, fits: fn(&Value, &str) -> bool| {
        let cells = shown(table, field);
        assert!(
            !cells.is_empty() && cells.iter().all(|(typed, text)| fits(typed, text)),
            "{table}.{field}: {:?}",
            cells.first()
        );
    };
    all("Launches", "Budget", |typed, text| text == format!("${:.2}", typed.as_f64().unwrap()));
    all("Tasks", "Done", |_, text| text == "checked");
    all("Tasks", "Effort", |typed, text| {
        let minutes = typed.as_u64().unwrap() / 60;
        text == format!("{}:{:02}", minutes / 60, minutes % 60)
    });
    all("Tasks", "Labels", |typed, text| text.split(", ").count() == typed.as_array().unwrap().len());
    all("Tasks", "Assignee", |typed, text| typed["name"] == text);
    all("Tasks", "Due", |typed, text| *typed == text);
    all("Tasks", "Launch", |_, text| !text.starts_with("rec"));
    all("Launches", "Launch date", |typed, text| text.ends_with(&typed.as_str().unwrap()[..4]) && text.contains(", "));
    all("Invoices", "Tax", |typed, text| text == format!("{:.0}%", typed.as_f64().unwrap() * 100.0));
    all("Guests", "Arrives", |typed, text| typed.as_str().unwrap().starts_with(&text[..10]) && text.len() == 16);
    for (locale, order) in [("en-us", "%-m/%-d/%Y"), ("de", "%-d/%-m/%Y")] {
        let parameters = [("cellFormat", "string"), ("timeZone", "UTC"), ("userLocale", locale), ("fields[]", "Since")];
        let path = airtable.studio("Clients").await;
        for (typed, text) in values["Clients"].iter().zip(airtable.all(&path, &parameters).await) {
            let day = typed["fields"]["Since"].as_str().map(|day| day.parse::<jiff::civil::Date>().unwrap());
            assert_eq!(
                text["fields"]["Since"].as_str().map(str::to_owned),
                day.map(|day| day.strftime(order).to_string())
            );
        }
    }
    let path = airtable.studio("Clients").await;
    for incomplete in [&text[..1], &text[..2], &[("cellFormat", "xml")]] {
        assert_eq!(airtable.list(&path, incomplete).await.status, 422);
    }
}
