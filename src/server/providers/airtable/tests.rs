use proptest::prelude::*;
use serde_json::{Value, json};

use super::{item::*, reply::*};
use crate::server::providers::any_json;

fn place() -> TableInBase {
    let table = Table { id: "tblA".into(), name: "Tasks".into(), primary_field_id: "fldName".into() };
    TableInBase { base_id: "appA".into(), table }
}

fn named(cell: Value) -> Option<String> {
    let fields = if cell.is_null() { json!({}) } else { json!({"fldName": cell}) };
    let record = json!({"id": "recA", "createdTime": "2026-01-02T03:04:05.000Z", "fields": fields});
    record_item(&place(), serde_json::from_value(record).unwrap()).name
}

#[test]
fn a_record_is_named_by_its_primary_field_as_text() {
    for (cell, name) in [
        (json!("Launch"), "Launch"),
        (json!("  "), "recA"),
        (json!(null), "recA"),
        (json!(42), "42"),
        (json!(1.5), "1.5"),
        (json!("2026-09-05"), "2026-09-05"),
        (json!({"text": "4006381333931", "type": "ean13"}), "4006381333931"),
        (json!({"specialValue": "NaN"}), "recA"),
        (json!({"error": "#ERROR!"}), "recA"),
        (json!(["a", null, "b"]), "a, b"),
        (json!({"id": "usrA", "email": "ada@firm.example", "name": "Ada"}), "Ada"),
    ] {
        assert_eq!(named(cell.clone()).as_deref(), Some(name), "{cell}");
    }
}

#[test]
fn a_base_is_the_parent_of_its_tables_and_a_table_of_its_records() {
    let base = Base { id: "appA".into(), name: "Studio".into() };
    let item = base_item(&base, Some(vec!["tblA".into()]));
    assert!(item.directory && item.parent_id.is_none());
    assert_eq!(
        (item.url.as_deref(), item.children),
        (Some("https://airtable.com/appA"), Some(vec!["tblA".to_owned()]))
    );
    let item = table_item(&base, &place().table);
    assert!(item.directory);
    assert_eq!((item.parent_id.as_deref(), item.parent_path_or_name.as_deref()), (Some("appA"), Some("Studio")));
    let record = serde_json::from_value(json!({"id": "recA", "createdTime": "2026-01-02T03:04:05.000Z"})).unwrap();
    let item = record_item(&place(), record);
    assert!(!item.directory);
    assert_eq!((item.parent_id.as_deref(), item.parent_path_or_name.as_deref()), (Some("tblA"), Some("Tasks")));
    assert_eq!(item.url.as_deref(), Some("https://airtable.com/appA/tblA/recA"));
    assert_eq!((item.creation_time.as_deref(), item.last_modified_time), (Some("2026-01-02T03:04:05.000Z"), None));
}

/// The cell values of the documentation's "Field types and cell values".
fn any_cell() -> any_json::Json {
    let person = || {
        any_json::object(vec![("id", any_json::text())], vec![("email", any_json::text()), ("name", any_json::text())])
    };
    any_json::one_of(vec![
        any_json::text(),
        any_json::number(),
        any_json::boolean(),
        any_json::time(),
        any_json::list(any_json::text()),
        person(),
        any_json::list(person()),
        any_json::list(any_json::object(
            vec![("id", any_json::text()), ("url", any_json::text())],
            vec![("size", any_json::number())],
        )),
        any_json::object(vec![("text", any_json::text())], vec![("type", any_json::text())]),
        any_json::object(vec![("label", any_json::text())], vec![("url", any_json::text())]),
        any_json::object(
            vec![("state", any_json::text())],
            vec![("value", any_json::one_of(vec![any_json::text(), any_json::null()]))],
        ),
        any_json::object(vec![("specialValue", any_json::constant("NaN"))], vec![]),
        any_json::object(vec![("error", any_json::constant("#ERROR!"))], vec![]),
        any_json::list(any_json::anything()),
    ])
}

proptest! {
    #[test]
    fn every_record_within_the_schema_becomes_an_item(
        record in any_json::object(
            vec![("id", any_json::id()), ("createdTime", any_json::time())],
            vec![("fields", any_json::map("fldName|fld[A-Z]{3}", any_cell())), ("commentCount", any_json::number())],
        ),
    ) {
        let item = record_item(&place(), serde_json::from_value(record.clone()).unwrap());
        any_json::check(&item, &record)?;
        prop_assert!(item.creation_time.is_some() && item.url.is_some() && item.parent_id.is_some());
    }

    #[test]
    fn every_base_and_table_within_the_schema_become_items(
        base in any_json::object(vec![("id", any_json::id()), ("name", "[A-z]{1,9}".prop_map(Value::from).boxed())], vec![("permissionLevel", any_json::text())]),
        table in any_json::object(
            vec![("id", any_json::id()), ("name", "[A-z]{1,9}".prop_map(Value::from).boxed()), ("primaryFieldId", any_json::text())],
            vec![("description", any_json::text()), ("fields", any_json::anything()), ("views", any_json::anything())],
        ),
    ) {
        let read_base: Base = serde_json::from_value(base.clone()).unwrap();
        let read_table: Table = serde_json::from_value(table.clone()).unwrap();
        any_json::check(&base_item(&read_base, None), &base)?;
        any_json::check(&table_item(&read_base, &read_table), &table)?;
    }
}
