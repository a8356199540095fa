//! HubSpot's lists, single records, batches and properties.

use std::collections::{BTreeSet, HashSet};

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::SCOPES;
use crate::tests::Sandbox;

async fn everything(sandbox: &Sandbox, kind: &str, limit: u32) -> Vec<String> {
    let (mut ids, mut after) = (Vec::new(), String::new());
    loop {
        let (page, next) =
            sandbox.get(&format!("/hubspot/crm/objects/2026-03/{kind}?limit={limit}{after}")).await.page();
        ids.extend(page);
        let Some(next) = next else { return ids };
        after = format!("&after={next}");
    }
}

#[tokio::test]
async fn pages_contain_every_record_once_in_order_of_id() {
    let sandbox = Sandbox::connected(SCOPES).await;
    for (kind, count, limit) in [("contacts", 250, 100), ("companies", 40, 7), ("deals", 30, 30)] {
        let ids = everything(&sandbox, kind, limit).await;
        assert_eq!(ids.len(), count, "{kind}");
        assert!(ids.is_sorted_by(|a, b| a.parse::<u64>().unwrap() < b.parse().unwrap()), "{kind}");
    }
}

#[tokio::test]
async fn the_cursor_is_the_next_records_id_and_any_number_is_accepted() {
    let sandbox = Sandbox::connected(SCOPES).await;
    let ids = everything(&sandbox, "companies", 100).await;
    let (page, next) = sandbox.get("/hubspot/crm/v3/objects/companies?limit=5").await.page();
    assert_eq!((page.as_slice(), next.as_ref()), (&ids[..5], Some(&ids[5])));
    let between = ids[9].parse::<u64>().unwrap() + 1;
    let (page, _) = sandbox.get(&format!("/hubspot/crm/v3/objects/companies?limit=1&after={between}")).await.page();
    assert_eq!(page, ids[10..11]);
    for beyond in ["999999999999".to_owned(), u64::MAX.to_string()] {
        let path = format!("/hubspot/crm/v3/objects/companies?after={beyond}");
        assert_eq!(sandbox.get(&path).await.page(), (vec![], None));
        assert_eq!(
            sandbox.get(&format!("/hubspot/crm/v3/objects/companies/{beyond}")).await.status,
            StatusCode::NOT_FOUND
        );
    }
}

#[tokio::test]
async fn the_link_in_a_page_leads_to_the_next_page() {
    let sandbox = Sandbox::connected(SCOPES).await;
    let page = sandbox.get("/hubspot/crm/objects/2026-03/deals?limit=2&properties=dealname,amount").await.json();
    let link = page["paging"]["next"]["link"].as_str().unwrap().strip_prefix("http://localhost:8001").unwrap();
    let next = sandbox.get(link).await.json();
    assert_eq!(next["results"][0]["id"], page["paging"]["next"]["after"]);
    assert!(next["results"][0]["properties"]["dealname"].is_string());
}

#[tokio::test]
async fn the_same_seed_generates_the_same_bytes() {
    let path = "/hubspot/crm/objects/2026-03/contacts?limit=100&properties=firstname,lastname,company,phone,jobtitle";
    let first = Sandbox::connected(SCOPES).await;
    assert_eq!(first.get(path).await.body, Sandbox::connected(SCOPES).await.get(path).await.body);
    let mut other = Sandbox::new(2);
    let code = other.code(SCOPES, "").await;
    let tokens = other.exchange(&code, "").await.json();
    other.keep(&tokens);
    assert_ne!(first.get(path).await.body, other.get(path).await.body);
}

#[tokio::test]
async fn the_requested_properties_are_returned_with_the_three_that_always_are() {
    let sandbox = Sandbox::connected(SCOPES).await;
    let names = |record: &Value| record["properties"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let requested =
        sandbox.get("/hubspot/crm/v3/objects/0-1?limit=1&properties=jobtitle&properties=email,no_such").await.json();
    assert_eq!(
        names(&requested["results"][0]),
        ["createdate", "email", "hs_object_id", "jobtitle", "lastmodifieddate"]
    );
    let default = sandbox.get("/hubspot/crm/v3/objects/company?limit=1").await.json();
    assert_eq!(names(&default["results"][0]), ["createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"]);
}

#[tokio::test]
async fn generated_records_are_plausible() {
    let sandbox = Sandbox::connected(SCOPES).await;
    sandbox.configure(json!({"limits": false, "records": {"contacts": 5000}})).await;
    let (mut emails, mut names, mut after) = (HashSet::new(), BTreeSet::new(), String::new());
    let (mut unnamed, mut times) = (0, Vec::new());
    loop {
        let path = format!("/hubspot/crm/v3/objects/contacts?limit=100{after}");
        let page = sandbox.get(&path).await.json();
        for record in page["results"].as_array().unwrap() {
            let properties = &record["properties"];
            let email = properties["email"].as_str().unwrap();
            assert!(email.is_ascii() && email.ends_with(".example"), "{email}");
            assert!(emails.insert(email.to_owned()), "{email} is there twice");
            unnamed += usize::from(properties["firstname"].is_null());
            names.extend(properties["firstname"].as_str().map(str::to_owned));
            times.push(record["createdAt"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap());
            assert!(
                record["updatedAt"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap() >= times[times.len() - 1]
            );
        }
        let Some(next) = page["paging"]["next"]["after"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(emails.len(), 5000);
    assert!((100..500).contains(&unnamed), "{unnamed}");
    assert!(names.iter().any(|name| !name.is_ascii()));
    assert!(times.is_sorted() && times[4999] < "2026-09-01T00:00:00Z".parse().unwrap());
}

#[tokio::test]
async fn a_million_records_are_served_without_being_stored() {
    let sandbox = Sandbox::connected(SCOPES).await;
    sandbox.configure(json!({"records": {"contacts": 1_000_000}})).await;
    let (_, next) = sandbox.get("/hubspot/crm/v3/objects/contacts?limit=1&after=101478650000").await.page();
    let last = sandbox.search("contacts", json!({"limit": 1, "after": "9999"})).await.json();
    assert_eq!((&last["total"], last["results"].as_array().unwrap().len()), (&json!(1_000_000), 1));
    assert!(next.is_some());
}

#[tokio::test]
async fn one_record_is_read_by_id_or_by_email() {
    let sandbox = Sandbox::connected(SCOPES).await;
    let page = sandbox.get("/hubspot/crm/v3/objects/contacts?limit=3").await.json();
    let record = &page["results"][2];
    let (id, email) = (record["id"].as_str().unwrap(), record["properties"]["email"].as_str().unwrap());
    assert_eq!(&sandbox.get(&format!("/hubspot/crm/objects/2026-09/contacts/{id}")).await.json(), record);
    assert_eq!(
        &sandbox.get(&format!("/hubspot/crm/v3/objects/contacts/{email}?idProperty=email")).await.json(),
        record
    );
    let missing = sandbox.get("/hubspot/crm/v3/objects/contacts/1").await;
    assert_eq!((missing.status, &missing.json()["category"]), (StatusCode::NOT_FOUND, &json!("OBJECT_NOT_FOUND")));
    let letters = sandbox.get("/hubspot/crm/v3/objects/contacts/abc").await;
    assert_eq!((letters.status, &letters.json()["context"]), (StatusCode::NOT_FOUND, &json!({"id": ["abc"]})));
}

#[tokio::test]
async fn a_batch_returns_what_it_finds_and_names_what_is_missing() {
    let sandbox = Sandbox::connected(SCOPES).await;
    let ids = everything(&sandbox, "deals", 100).await;
    let path = "/hubspot/crm/objects/2026-03/deals/batch/read";
    let whole = sandbox.post(path, json!({"properties": ["amount"], "inputs": [{"id": ids[3]}, {"id": ids[1]}]})).await;
    assert_eq!(whole.page().0, [ids[3].clone(), ids[1].clone()]);
    let part = sandbox.post(path, json!({"inputs": [{"id": ids[0]}, {"id": "5"}]})).await;
    assert_eq!((part.status, &part.json()["numErrors"]), (StatusCode::MULTI_STATUS, &json!(1)));
    assert_eq!(part.json()["errors"][0]["context"]["ids"], json!(["5"]));
    let many: Vec<Value> = (0..101).map(|id| json!({"id": id.to_string()})).collect();
    assert_eq!(sandbox.post(path, json!({"inputs": many})).await.json()["category"], "VALIDATION_ERROR");
}

#[tokio::test]
async fn what_does_not_exist_is_a_404_or_a_validation_error() {
    let sandbox = Sandbox::connected(SCOPES).await;
    assert_eq!(sandbox.get("/hubspot/crm/v3/objects/contacts?archived=true").await.page(), (vec![], None));
    assert_eq!(sandbox.get("/hubspot/crm/v3/objects/llamas").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(sandbox.get("/hubspot/crm/objects/2020-03/contacts").await.status, StatusCode::NOT_FOUND);
    assert_eq!(sandbox.get("/hubspot/crm/v3/objects/contacts?limit=x").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(sandbox.get("/hubspot/nothing/here").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn properties_describe_themselves() {
    let sandbox = Sandbox::connected(SCOPES).await;
    let list = sandbox.get("/hubspot/crm/properties/2026-03/deals").await;
    assert_eq!(list.body, sandbox.get("/hubspot/crm/v3/properties/0-3").await.body);
    let list = list.json();
    let stage = list["results"].as_array().unwrap().iter().find(|property| property["name"] == "dealstage").unwrap();
    assert_eq!((&stage["type"], &stage["options"][5]["value"]), (&json!("enumeration"), &json!("closedwon")));
}
