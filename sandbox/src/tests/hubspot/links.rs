//! HubSpot's associations: of one record, of many, and inside records.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::SCOPES;
use crate::tests::Sandbox;

const KINDS: [&str; 3] = ["contacts", "companies", "deals"];

async fn ids(sandbox: &Sandbox, kind: &str) -> Vec<String> {
    let (mut ids, mut after) = (Vec::new(), String::new());
    loop {
        let (page, next) = sandbox.get(&format!("/hubspot/crm/v3/objects/{kind}?limit=100{after}")).await.page();
        ids.extend(page);
        let Some(next) = next else { return ids };
        after = format!("&after={next}");
    }
}

/// All associations in one direction, as pairs of ids.
async fn links(sandbox: &Sandbox, from: &str, to: &str) -> BTreeSet<(String, String)> {
    let inputs: Vec<Value> = ids(sandbox, from).await.into_iter().map(|id| json!({"id": id})).collect();
    let path = format!("/hubspot/crm/v4/associations/{from}/{to}/batch/read");
    let response = sandbox.post(&path, json!({"inputs": inputs})).await.json();
    let results = response["results"].as_array().unwrap().iter();
    let pairs = results.flat_map(|result| {
        let from = result["from"]["id"].as_str().unwrap();
        result["to"].as_array().unwrap().iter().map(move |to| (from.to_owned(), to["toObjectId"].to_string()))
    });
    pairs.collect()
}

fn types(linked: &Value) -> Vec<(u64, Option<&str>)> {
    let types = linked["associationTypes"].as_array().unwrap();
    types.iter().map(|kind| (kind["typeId"].as_u64().unwrap(), kind["label"].as_str())).collect()
}

#[tokio::test]
async fn associations_are_listed_from_both_ends() {
    let sandbox = Sandbox::connected(SCOPES).await;
    for companies in [40, 1, 41, 90] {
        sandbox.configure(json!({"limits": false, "records": {"companies": companies}})).await;
        for (from, to) in [("contacts", "companies"), ("deals", "companies"), ("deals", "contacts")] {
            let there = links(&sandbox, from, to).await;
            let back: BTreeSet<_> = links(&sandbox, to, from).await.into_iter().map(|(a, b)| (b, a)).collect();
            assert!(!there.is_empty(), "{from} to {to} of {companies}");
            assert_eq!(there, back, "{from} to {to} of {companies}");
            let known: BTreeSet<String> = ids(&sandbox, to).await.into_iter().collect();
            assert!(there.iter().all(|(_, id)| known.contains(id)), "{from} to {to} of {companies}");
        }
    }
}

#[tokio::test]
async fn associations_agree_with_the_company_names_in_records() {
    let sandbox = Sandbox::connected(SCOPES).await;
    sandbox.configure(json!({"limits": false})).await;
    let mut without = 0;
    for (kind, property) in [("contacts", "company"), ("deals", "dealname")] {
        let path = format!("/hubspot/crm/v3/objects/{kind}?limit=100&associations=companies&properties={property}");
        for record in sandbox.get(&path).await.json()["results"].as_array().unwrap() {
            let Some(company) = record.pointer("/associations/companies/results/0/id") else {
                assert_eq!((kind, &record["properties"]["company"]), ("contacts", &Value::Null));
                without += 1;
                continue;
            };
            let path = format!("/hubspot/crm/v3/objects/companies/{}", company.as_str().unwrap());
            let company = sandbox.get(&path).await.json();
            let (names, name) = (record["properties"][property].as_str().unwrap(), &company["properties"]["name"]);
            assert!(name.as_str().is_none_or(|name| names.starts_with(name)), "{names} {name}");
        }
    }
    assert!((1..30).contains(&without), "{without}");
}

#[tokio::test]
async fn an_association_with_a_company_is_primary_and_unlabelled() {
    let sandbox = Sandbox::connected(SCOPES).await;
    let primary = |type_id: u64| (type_id, Some("Primary"));
    let plain = |type_id: u64| (type_id, None);
    let expected = [
        ("contacts", "companies", vec![primary(1), plain(279)]),
        ("companies", "contacts", vec![primary(2), plain(280)]),
        ("deals", "companies", vec![primary(5), plain(341)]),
        ("companies", "deals", vec![primary(6), plain(342)]),
        ("deals", "contacts", vec![plain(3)]),
        ("contacts", "deals", vec![plain(4)]),
    ];
    for (from, to, wanted) in expected {
        let (id, _) = links(&sandbox, from, to).await.pop_first().unwrap();
        let page = sandbox.get(&format!("/hubspot/crm/v4/objects/{from}/{id}/associations/{to}")).await.json();
        assert_eq!(types(&page["results"][0]), wanted, "{from} to {to}");
        assert_eq!(page["results"][0]["associationTypes"][0]["category"], "HUBSPOT_DEFINED");
        let dated = format!("/hubspot/crm/objects/2026-03/{from}/{id}/associations/{to}");
        assert_eq!(sandbox.get(&dated).await.json(), page);
    }
}

#[tokio::test]
async fn pages_contain_every_association_once_and_link_to_the_next() {
    let sandbox = Sandbox::connected(SCOPES).await;
    sandbox.configure(json!({"limits": false, "records": {"companies": 1, "contacts": 1300}})).await;
    let company = ids(&sandbox, "companies").await.remove(0);
    let (mut found, mut sizes) = (Vec::new(), Vec::new());
    let mut path = format!("/hubspot/crm/v4/objects/companies/{company}/associations/contacts");
    loop {
        let page = sandbox.get(&path).await.json();
        let results = page["results"].as_array().unwrap();
        sizes.push(results.len());
        found.extend(results.iter().map(|linked| linked["toObjectId"].as_u64().unwrap()));
        let Some(link) = page.pointer("/paging/next/link") else { break };
        path = link.as_str().unwrap().strip_prefix("http://localhost:8001").unwrap().to_owned();
    }
    assert_eq!(sizes[..2], [500, 500]);
    assert!((1100..1300).contains(&found.len()) && found.is_sorted_by(|a, b| a < b), "{sizes:?}");
    let first = sandbox.get(&format!("/hubspot/crm/v3/objects/companies/{company}?associations=contacts")).await.json();
    assert_eq!(first["associations"]["contacts"]["results"].as_array().unwrap().len(), 2 * 500, "both types of each");
    assert_eq!(first["associations"]["contacts"]["paging"]["next"]["after"], found[500].to_string());
    let inputs = json!({"inputs": [{"id": company, "after": found[500].to_string()}]});
    let batch = sandbox.post("/hubspot/crm/associations/2026-03/companies/contacts/batch/read", inputs).await.json();
    assert_eq!(batch["results"][0]["to"][0]["toObjectId"], found[500]);
    assert_eq!(batch["results"][0]["paging"]["next"]["after"], found[1000].to_string());
    let small = format!("/hubspot/crm/v4/objects/companies/{company}/associations/contacts?limit=2&after={}", found[7]);
    let small = sandbox.get(&small).await.json();
    assert_eq!((&small["results"][1]["toObjectId"], small["results"].as_array().unwrap().len()), (&json!(found[8]), 2));
}

#[tokio::test]
async fn a_batch_reports_records_without_associations_as_errors() {
    let sandbox = Sandbox::connected(SCOPES).await;
    let linked = links(&sandbox, "deals", "contacts").await;
    let mut alone = ids(&sandbox, "deals").await;
    alone.retain(|id| !linked.iter().any(|(deal, _)| deal == id));
    let (lonely, social) = (&alone[0], &linked.first().unwrap().0);
    let path = "/hubspot/crm/v4/associations/deals/contacts/batch/read";
    let response = sandbox.post(path, json!({"inputs": [{"id": lonely}, {"id": social}, {"id": "5"}]})).await;
    let body = response.json();
    assert_eq!((response.status.as_u16(), &body["numErrors"], &body["status"]), (207, &json!(2), &json!("COMPLETE")));
    assert_eq!(body["results"].as_array().unwrap().len(), 1);
    assert_eq!(body["results"][0]["from"]["id"], social.as_str());
    let context = json!({"fromObjectId": [lonely], "fromObjectType": ["deal"], "toObjectType": ["contact"]});
    assert_eq!(body["errors"][0]["context"], context);
    assert_eq!(body["errors"][0]["subCategory"], "crm.associations.NO_ASSOCIATIONS_FOUND");
    assert_eq!(body["errors"][1]["message"], "No contact is associated with deal 5.");
    let whole = sandbox.post(path, json!({"inputs": [{"id": social}]})).await;
    assert_eq!((whole.status.as_u16(), whole.json().get("errors")), (200, None));
    let many: Vec<Value> = (0..1001).map(|id| json!({"id": id.to_string()})).collect();
    assert_eq!(sandbox.post(path, json!({"inputs": many})).await.json()["category"], "VALIDATION_ERROR");
    let single = sandbox.get(&format!("/hubspot/crm/v4/objects/deals/{lonely}/associations/contacts")).await;
    assert_eq!((single.status.as_u16(), single.json()), (200, json!({"results": []})));
}

#[tokio::test]
async fn records_include_associations_on_request() {
    let sandbox = Sandbox::connected(SCOPES).await;
    let (deal, company) = links(&sandbox, "deals", "companies").await.pop_first().unwrap();
    let path = format!("/hubspot/crm/objects/2026-03/deals/{deal}");
    assert_eq!(sandbox.get(&path).await.json().get("associations"), None);
    let record = sandbox.get(&format!("{path}?associations=0-2,llamas&associations=contact")).await.json();
    let entry = |name: &str| json!({"id": company, "type": name});
    let both = json!([entry("deal_to_company"), entry("deal_to_company_unlabeled")]);
    assert_eq!(record["associations"]["companies"], json!({"results": both}));
    let mut page = sandbox.get("/hubspot/crm/v3/objects/deals?limit=100&associations=companies,contacts").await.json();
    let records = page["results"].as_array_mut().unwrap();
    assert!(records.contains(&record), "a list includes it like a single read");
    assert!(records.iter().any(|listed| listed["associations"].get("contacts").is_none()), "one has no contacts");
}

#[tokio::test]
async fn the_type_of_associated_ids_is_a_switch() {
    let sandbox = Sandbox::connected(SCOPES).await;
    let (deal, company) = links(&sandbox, "deals", "companies").await.pop_first().unwrap();
    let path = format!("/hubspot/crm/v4/objects/deals/{deal}/associations/companies");
    let id = async || sandbox.get(&path).await.json()["results"][0]["toObjectId"].clone();
    assert_eq!(id().await, json!(company.parse::<u64>().unwrap()));
    sandbox.configure(json!({"hubspot": {"association_id_type": "string"}})).await;
    assert_eq!(id().await, json!(company));
}

#[tokio::test]
async fn associations_require_both_scopes_and_an_existing_record() {
    let narrow = Sandbox::connected("crm.objects.deals.read").await;
    let required = |response: Value| response["errors"][0]["context"]["requiredGranularScopes"].clone();
    for path in ["v4/objects/deals/1/associations/companies", "v3/objects/deals?associations=companies"] {
        let response = narrow.get(&format!("/hubspot/crm/{path}")).await;
        assert_eq!(response.status, 403, "{path}");
        assert_eq!(required(response.json()), json!(["crm.objects.companies.read"]), "{path}");
    }
    let backwards = narrow.post("/hubspot/crm/v4/associations/companies/deals/batch/read", json!({"inputs": []})).await;
    assert_eq!(required(backwards.json()), json!(["crm.objects.companies.read"]));
    let sandbox = Sandbox::connected(SCOPES).await;
    for (path, status) in [
        ("v4/objects/deals/1/associations/companies", 404),
        ("v4/objects/deals/abc/associations/companies", 404),
        ("v4/objects/deals/1/associations/llamas", 400),
        ("objects/2020-03/deals/1/associations/companies", 404),
    ] {
        assert_eq!(sandbox.get(&format!("/hubspot/crm/{path}")).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn an_account_without_companies_has_no_associations() {
    let sandbox = Sandbox::connected(SCOPES).await;
    sandbox.configure(json!({"limits": false, "records": {"companies": 0}})).await;
    for from in KINDS {
        for to in KINDS {
            assert_eq!(links(&sandbox, from, to).await, BTreeSet::new(), "{from} to {to}");
        }
    }
}
