//! HubSpot's owners, and the pipeline of the deals.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::SCOPES;
use crate::tests::Sandbox;

const OWNERS: &str = "/hubspot/crm/v3/owners";

async fn connected() -> Sandbox {
    Sandbox::connected(&format!("{SCOPES} crm.objects.owners.read")).await
}

#[tokio::test]
async fn pages_of_owners_contain_each_active_owner_once() {
    let sandbox = connected().await;
    let all = sandbox.get(OWNERS).await;
    assert_eq!(all.body, sandbox.get("/hubspot/crm/owners/2026-03").await.body);
    assert_eq!(all.body, sandbox.get("/hubspot/crm/v3/owners/").await.body);
    let (ids, next) = all.page();
    assert_eq!((ids.len(), next), (6, None));
    let (mut paged, mut after) = (Vec::new(), String::new());
    loop {
        let (page, next) = sandbox.get(&format!("{OWNERS}?limit=4{after}")).await.page();
        paged.extend(page);
        let Some(next) = next else { break };
        after = format!("&after={next}");
    }
    assert_eq!(paged, ids);
    let left = sandbox.get(&format!("{OWNERS}?archived=true")).await.json();
    let owner = &left["results"][0];
    assert_eq!((&owner["archived"], &owner["userId"]), (&json!(true), &Value::Null));
    assert!(owner["userIdIncludingInactive"].is_u64() && !ids.contains(&owner["id"].as_str().unwrap().to_owned()));
}

#[tokio::test]
async fn an_owner_is_found_by_id_user_id_or_email() {
    let sandbox = connected().await;
    let owners = sandbox.get(OWNERS).await.json();
    let owner = &owners["results"][2];
    let (id, user) = (owner["id"].as_str().unwrap(), &owner["userId"]);
    assert_eq!(&sandbox.get(&format!("{OWNERS}/{id}")).await.json(), owner);
    assert_eq!(&sandbox.get(&format!("/hubspot/crm/owners/2026-09/{user}?idProperty=userId")).await.json(), owner);
    let found = sandbox.get(&format!("{OWNERS}?email={}", owner["email"].as_str().unwrap().to_uppercase())).await;
    assert_eq!(found.json(), json!({"results": [owner]}));
    assert_eq!(sandbox.get(&format!("{OWNERS}/{user}")).await.status, 404);
    assert_eq!(sandbox.get("/hubspot/crm/owners/2020-03").await.status, 404);
    assert_eq!(sandbox.get(&format!("{OWNERS}?limit=0")).await.status, 400);
}

#[tokio::test]
async fn owners_require_their_scope() {
    let sandbox = Sandbox::connected(SCOPES).await;
    for path in [OWNERS.to_owned(), format!("{OWNERS}/1")] {
        let rejected = sandbox.get(&path).await;
        let scopes = &rejected.json()["errors"][0]["context"]["requiredGranularScopes"];
        assert_eq!((rejected.status.as_u16(), scopes), (403, &json!(["crm.objects.owners.read"])));
    }
}

#[tokio::test]
async fn the_owners_of_records_exist() {
    let sandbox = connected().await;
    let (mut known, _) = sandbox.get(OWNERS).await.page();
    known.extend(sandbox.get(&format!("{OWNERS}?archived=true")).await.page().0);
    for kind in ["contacts", "companies", "deals"] {
        let path = format!("/hubspot/crm/v3/objects/{kind}?limit=100&properties=hubspot_owner_id");
        let page = sandbox.get(&path).await.json();
        let owners: BTreeSet<Option<String>> = page["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|record| record["properties"]["hubspot_owner_id"].as_str().map(str::to_owned))
            .collect();
        assert!(owners.len() > 3 && owners.contains(&None), "{kind}: {owners:?}");
        assert!(owners.iter().flatten().all(|owner| known.contains(owner)), "{kind}: {owners:?}");
        let owner = owners.last().unwrap().clone().unwrap();
        let filters = json!([{"propertyName": "hubspot_owner_id", "operator": "EQ", "value": owner}]);
        let found = sandbox.search(kind, json!({"filterGroups": [{"filters": filters}]})).await.json();
        assert!(found["total"].as_u64().unwrap() > 0, "{kind}");
        let properties = sandbox.get(&format!("/hubspot/crm/v3/properties/{kind}")).await.json();
        let properties = properties["results"].as_array().unwrap().clone();
        let property = properties.iter().find(|property| property["name"] == "hubspot_owner_id").unwrap();
        assert_eq!((&property["referencedObjectType"], &property["externalOptions"]), (&json!("OWNER"), &json!(true)));
    }
}

#[tokio::test]
async fn the_stages_of_deals_are_those_of_their_pipeline() {
    let sandbox = Sandbox::connected("crm.objects.deals.read crm.objects.contacts.read").await;
    let list = sandbox.get("/hubspot/crm/v3/pipelines/deals").await;
    assert_eq!(list.body, sandbox.get("/hubspot/crm/pipelines/2026-03/0-3").await.body);
    let pipeline = &list.json()["results"][0];
    assert_eq!(&sandbox.get("/hubspot/crm/pipelines/2026-09/deals/default").await.json(), pipeline);
    let stages = sandbox.get("/hubspot/crm/v3/pipelines/deals/default/stages").await.json();
    assert_eq!(stages["results"], pipeline["stages"]);
    let won = &stages["results"][5];
    assert_eq!(
        (&won["id"], &won["metadata"]),
        (&json!("closedwon"), &json!({"isClosed": "true", "probability": "1.0"}))
    );
    let ids: Vec<&Value> = stages["results"].as_array().unwrap().iter().map(|stage| &stage["id"]).collect();
    let deals = sandbox.get("/hubspot/crm/v3/objects/deals?limit=100&properties=dealstage,pipeline").await.json();
    for deal in deals["results"].as_array().unwrap() {
        assert!(ids.contains(&&deal["properties"]["dealstage"]) && deal["properties"]["pipeline"] == pipeline["id"]);
    }
    assert_eq!(sandbox.get("/hubspot/crm/v3/pipelines/deals/other").await.status, 404);
    assert_eq!(sandbox.get("/hubspot/crm/v3/pipelines/contacts").await.json(), json!({"results": []}));
    assert_eq!(sandbox.get("/hubspot/crm/v3/pipelines/companies").await.status, 403);
}
