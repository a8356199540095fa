//! The caller, the bases and their structure.

use serde_json::{Value, json};

use super::{Airtable, SCOPES, error, ok};

#[tokio::test]
async fn whoami_requires_no_scope_but_its_email_does() {
    let airtable = Airtable::connected("data.records:read").await;
    let me = ok(airtable.get("/airtable/v0/meta/whoami").await);
    assert_eq!(me["scopes"], json!(["data.records:read"]));
    assert!(me["id"].as_str().unwrap().starts_with("usr") && me.get("email").is_none());
    let me = ok(Airtable::connected(SCOPES).await.get("/airtable/v0/meta/whoami").await);
    assert_eq!(me["email"], "sam.rivers@birch-studio.example");
}

#[tokio::test]
async fn bases_are_paged() {
    let airtable = Airtable::connected(SCOPES).await;
    let whole = ok(airtable.get("/airtable/v0/meta/bases").await);
    assert_eq!(whole["bases"].as_array().unwrap().len(), 3);
    assert!(whole.get("offset").is_none());
    airtable.configure(json!({"airtable": {"bases_page_size": 2}})).await;
    let first = ok(airtable.get("/airtable/v0/meta/bases").await);
    let offset = first["offset"].as_str().unwrap();
    assert!(offset.starts_with("itr") && offset.contains("/app"), "{offset}");
    let second = ok(airtable.get(&format!("/airtable/v0/meta/bases?offset={offset}")).await);
    assert!(second.get("offset").is_none());
    let together: Vec<&Value> =
        [&first, &second].into_iter().flat_map(|page| page["bases"].as_array().unwrap()).collect();
    assert_eq!(together, whole["bases"].as_array().unwrap().iter().collect::<Vec<_>>());
    let lost = airtable.get("/airtable/v0/meta/bases?offset=itrAAAAAAAAAAAAAA/appAAAAAAAAAAAAAA").await;
    assert_eq!(error(&lost), (422, "INVALID_REQUEST_UNKNOWN".to_owned()));
}

/// The schemas of all bases.
async fn schemas(airtable: &Airtable, query: &str) -> Vec<Value> {
    let mut schemas = Vec::new();
    for name in ["Product launches", "Event planning", "Studio CRM"] {
        let base = airtable.base(name).await;
        schemas.push(ok(airtable.get(&format!("/airtable/v0/meta/bases/{base}/tables{query}")).await));
    }
    schemas
}

fn each<'a>(schemas: &'a [Value], part: &'a str) -> impl Iterator<Item = &'a Value> {
    let tables = schemas.iter().flat_map(|schema| schema["tables"].as_array().unwrap());
    tables.flat_map(move |table| table[part].as_array().unwrap())
}

#[tokio::test]
async fn every_field_type_occurs() {
    let airtable = Airtable::connected(SCOPES).await;
    let schemas = schemas(&airtable, "").await;
    let types: std::collections::BTreeSet<&str> =
        each(&schemas, "fields").map(|field| field["type"].as_str().unwrap()).collect();
    for kind in [
        "singleLineText",
        "multilineText",
        "richText",
        "email",
        "url",
        "phoneNumber",
        "number",
        "percent",
        "currency",
        "duration",
        "rating",
        "checkbox",
        "singleSelect",
        "multipleSelects",
        "singleCollaborator",
        "multipleCollaborators",
        "createdBy",
        "lastModifiedBy",
        "date",
        "dateTime",
        "multipleAttachments",
        "multipleRecordLinks",
        "multipleLookupValues",
        "rollup",
        "count",
        "formula",
        "autoNumber",
        "barcode",
        "button",
        "createdTime",
        "lastModifiedTime",
        "aiText",
        "externalSyncSource",
    ] {
        assert!(types.contains(kind), "{kind}");
    }
    assert_eq!(types.len(), 33);
}

#[tokio::test]
async fn primary_fields_have_different_types() {
    let airtable = Airtable::connected(SCOPES).await;
    let mut types = Vec::new();
    for schema in schemas(&airtable, "").await {
        for table in schema["tables"].as_array().unwrap() {
            let mut fields = table["fields"].as_array().unwrap().iter();
            let primary = fields.find(|field| field["id"] == table["primaryFieldId"]).unwrap();
            types.push(primary["type"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(types.len(), 9);
    for kind in ["singleLineText", "formula", "date", "autoNumber"] {
        assert!(types.iter().any(|known| known == kind), "{kind}");
    }
}

#[tokio::test]
async fn link_fields_name_each_other_and_ids_are_unique() {
    let airtable = Airtable::connected(SCOPES).await;
    let schemas = schemas(&airtable, "").await;
    let mut ids: Vec<&str> =
        each(&schemas, "fields").chain(each(&schemas, "views")).map(|part| part["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), each(&schemas, "fields").count() + each(&schemas, "views").count());
    assert!(ids.iter().all(|id| id.len() == 17));
    let mut links = 0;
    for field in each(&schemas, "fields").filter(|field| field["type"] == "multipleRecordLinks") {
        let inverse =
            each(&schemas, "fields").find(|other| other["id"] == field["options"]["inverseLinkFieldId"]).unwrap();
        assert_eq!(inverse["options"]["inverseLinkFieldId"], field["id"]);
        links += 1;
    }
    assert_eq!(links, 10);
}

#[tokio::test]
async fn formulas_are_described_with_field_ids() {
    let airtable = Airtable::connected(SCOPES).await;
    let schemas = schemas(&airtable, "").await;
    for field in each(&schemas, "fields").filter(|field| field["type"] == "formula") {
        let options = &field["options"];
        assert_eq!(options["isValid"], true, "{field}");
        for id in options["referencedFieldIds"].as_array().unwrap() {
            assert!(options["formula"].as_str().unwrap().contains(&format!("{{{}}}", id.as_str().unwrap())), "{field}");
        }
        assert!(options["result"]["type"].is_string());
    }
}

#[tokio::test]
async fn only_grids_list_their_visible_fields_and_only_on_request() {
    let airtable = Airtable::connected(SCOPES).await;
    assert!(each(&schemas(&airtable, "").await, "views").all(|view| view.get("visibleFieldIds").is_none()));
    for query in ["?include[]=visibleFieldIds", "?include=visibleFieldIds"] {
        for view in each(&schemas(&airtable, query).await, "views") {
            assert_eq!(view.get("visibleFieldIds").is_some(), view["type"] == "grid", "{view}");
        }
    }
    let base = airtable.base("Studio CRM").await;
    let unknown = airtable.get(&format!("/airtable/v0/meta/bases/{base}/tables?include[]=everything")).await;
    assert_eq!(error(&unknown).0, 422);
}

#[tokio::test]
async fn the_sandbox_reports_what_a_complete_load_finds() {
    let airtable = Airtable::new();
    assert_eq!(airtable.stats().await["holds"]["airtable"], json!({"base": 3, "table": 9, "record": 1500}));
    airtable.configure(json!({"records": {"records": 7}})).await;
    assert_eq!(airtable.stats().await["holds"]["airtable"]["record"], 7);
}
