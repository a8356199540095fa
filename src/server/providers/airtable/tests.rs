use proptest::prelude::*;
use serde_json::{Value, json};

use super::{item::*, reply::*};
use crate::server::providers::any;

fn place() -> Place {
    let table = Table { id: "tblA".into(), name: "Tasks".into(), primary_field_id: "fldName".into() };
    Place { base_id: "appA".into(), table }
}

fn named(cell: Value) -> Option<String> {
    let fields = if cell.is_null() { json!({}) } else { json!({"fldName": cell}) };
    let record = json!({"id": "recA", "createdTime": "2026-01-02T03:04:05.000Z", "fields": fields});
    record_item(&place(), serde_json::from_value(record).unwrap()).name
}

#[test]
fn a_record_is_called_by_its_primary_field_as_text() {
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
fn a_base_is_the_parent_of_its_tables_and_these_of_their_records() {
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

/// The cell values of "Field types and cell values", each with what it may lack.
fn any_cell() -> any::Json {
    let person = || any::object(vec![("id", any::text())], vec![("email", any::text()), ("name", any::text())]);
    any::one_of(vec![
        any::text(),
        any::number(),
        any::boolean(),
        any::time(),
        any::list(any::text()),
        person(),
        any::list(person()),
        any::list(any::object(vec![("id", any::text()), ("url", any::text())], vec![("size", any::number())])),
        any::object(vec![("text", any::text())], vec![("type", any::text())]),
        any::object(vec![("label", any::text())], vec![("url", any::text())]),
        any::object(vec![("state", any::text())], vec![("value", any::one_of(vec![any::text(), any::null()]))]),
        any::object(vec![("specialValue", any::constant("NaN"))], vec![]),
        any::object(vec![("error", any::constant("#ERROR!"))], vec![]),
        any::list(any::anything()),
    ])
}

proptest! {
    #[test]
    fn any_record_that_the_schema_allows_becomes_an_item(
        record in any::object(
            vec![("id", any::id()), ("createdTime", any::time())],
            vec![("fields", any::map("fldName|fld[A-Z]{3}", any_cell())), ("commentCount", any::number())],
        ),
    ) {
        let item = record_item(&place(), serde_json::from_value(record.clone()).unwrap());
        any::check(&item, &record)?;
        prop_assert!(item.creation_time.is_some() && item.url.is_some() && item.parent_id.is_some());
    }

    #[test]
    fn any_base_and_table_that_the_schema_allows_become_items(
        base in any::object(vec![("id", any::id()), ("name", "[A-z]{1,9}".prop_map(Value::from).boxed())], vec![("permissionLevel", any::text())]),
        table in any::object(
            vec![("id", any::id()), ("name", "[A-z]{1,9}".prop_map(Value::from).boxed()), ("primaryFieldId", any::text())],
            vec![("description", any::text()), ("fields", any::anything()), ("views", any::anything())],
        ),
    ) {
        let read_base: Base = serde_json::from_value(base.clone()).unwrap();
        let read_table: Table = serde_json::from_value(table.clone()).unwrap();
        any::check(&base_item(&read_base, None), &base)?;
        any::check(&table_item(&read_base, &read_table), &table)?;
    }
}
