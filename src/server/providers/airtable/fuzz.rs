//! Fuzz targets: Airtable's lists of bases, tables and records.

use proptest::prelude::*;
use serde_json::json;

use super::{
    item::{TableInBase, base_item, record_item, table_item},
    reply::{Base, Bases, Table, TableRecords, Tables},
};
use crate::server::{
    fuzzing::{fuzz, mutated},
    providers::{Batch, any_json, records::from_object},
};

fn body(valid: serde_json::Value) -> BoxedStrategy<String> {
    let body = any_json::damaged(Just(valid).boxed()).prop_map(|json| json.to_string());
    prop_oneof![6 => body.clone(), 1 => mutated(body)].boxed()
}

#[test]
fn a_page_of_records_is_read_or_refused() {
    let table = Table { id: "tblA".into(), name: "Tasks".into(), primary_field_id: "fldName".into() };
    let table = TableInBase { base_id: "appA".into(), table };
    let record = |id: &str, cell: serde_json::Value| json!({"id": id, "createdTime": "2026-01-02T03:04:05.000Z", "fields": {"fldName": cell}});
    let records = [
        record("rec1", json!("a")),
        record("rec2", json!([{"name": "b"}, null])),
        record("rec3", json!({"text": {"label": 1}})),
    ];
    fuzz("airtable-records", &body(json!({"records": records, "offset": "itr/rec3"})), |body| {
        let Ok(reply) = from_object::<TableRecords>(body.as_bytes()) else { return Ok(()) };
        any_json::check_batch(&reply.records.into_batch(|record| record_item(&table, record)), &body, "/records")
    });
}

#[test]
fn a_list_of_bases_or_tables_is_read_or_refused() {
    let table =
        json!({"id": "tblA", "name": "Tasks", "primaryFieldId": "fldName", "fields": [{"id": "fldName", "type": "x"}]});
    let valid = json!({
        "bases": [{"id": "appA", "name": "Studio", "permissionLevel": "create"}, {"id": "appB", "name": "Two"}],
        "tables": [table, table], "offset": "itr",
    });
    fuzz("airtable-schemas", &body(valid), |body| {
        if let Ok(reply) = from_object::<Bases>(body.as_bytes()) {
            any_json::check_batch(&reply.bases.into_batch(|base| base_item(&base, None)), &body, "/bases")?;
        }
        if let Ok(reply) = from_object::<Tables>(body.as_bytes()) {
            let base = Base { id: "appA".into(), name: "Studio".into() };
            let batch: Batch = reply.tables.into_batch(|table| table_item(&base, &table));
            any_json::check_batch(&batch, &body, "/tables")?;
        }
        Ok(())
    });
}
