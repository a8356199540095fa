//! HubSpot's search: operators, sorts, pages and bounds.

use serde_json::{Value, json};

use super::SCOPES;
use crate::tests::Sandbox;

/// Without limits, because these tests search more than five times within a second.
async fn sandbox() -> Sandbox {
    let sandbox = Sandbox::connected(SCOPES).await;
    sandbox.configure(json!({"limits": false})).await;
    sandbox
}

async fn found(sandbox: &Sandbox, kind: &str, filter: Value) -> Vec<Value> {
    let body = json!({"filterGroups": [{"filters": [filter]}], "limit": 200, "properties": ["amount", "closedate", "dealstage", "name", "domain", "industry", "email"]});
    let response = sandbox.search(kind, body).await;
    assert_eq!(response.status, 200, "{}", response.body);
    let response = response.json();
    let results = response["results"].as_array().unwrap();
    assert_eq!(response["total"], results.len());
    results.iter().map(|record| record["properties"].clone()).collect()
}

fn amount(properties: &Value) -> Option<f64> {
    properties["amount"].as_str().map(|amount| amount.parse().unwrap())
}

#[tokio::test]
async fn numbers_are_compared_as_numbers() {
    let sandbox = sandbox().await;
    let set = found(&sandbox, "deals", json!({"propertyName": "amount", "operator": "HAS_PROPERTY"})).await;
    let unset = found(&sandbox, "deals", json!({"propertyName": "amount", "operator": "NOT_HAS_PROPERTY"})).await;
    assert_eq!(set.len() + unset.len(), 30);
    assert!(unset.iter().all(|deal| deal["amount"].is_null()));
    let holds = |operator: &str, amount: f64| match operator {
        "LT" => amount < 20_000.0,
        "LTE" => amount <= 20_000.0,
        "GT" => amount > 20_000.0,
        "GTE" => amount >= 20_000.0,
        _ => (20_000.0..=60_000.0).contains(&amount),
    };
    for operator in ["LT", "LTE", "GT", "GTE", "BETWEEN"] {
        let filter = json!({"propertyName": "amount", "operator": operator, "value": "20000", "highValue": "60000"});
        let expected = set.iter().filter(|deal| holds(operator, amount(deal).unwrap())).count();
        assert!(expected > 0, "{operator} must have something to find");
        assert_eq!(found(&sandbox, "deals", filter).await.len(), expected, "{operator}");
    }
}

#[tokio::test]
async fn a_condition_and_its_negation_split_the_records() {
    let sandbox = sandbox().await;
    for (one, other, extra) in [
        ("EQ", "NEQ", json!({"value": "closedwon"})),
        ("IN", "NOT_IN", json!({"values": ["closedwon", "closedlost"]})),
        ("CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN", json!({"value": "closed*"})),
    ] {
        let mut counts = [0, 0];
        for (operator, count) in [one, other].iter().zip(&mut counts) {
            let mut filter = extra.clone();
            filter["propertyName"] = json!("dealstage");
            filter["operator"] = json!(operator);
            *count = found(&sandbox, "deals", filter).await.len();
        }
        assert!(counts[0] > 0 && counts[0] + counts[1] == 30, "{one}: {counts:?}");
    }
}

#[tokio::test]
async fn text_comparison_ignores_case_and_enumerations_do_not() {
    let sandbox = sandbox().await;
    let domain =
        found(&sandbox, "companies", json!({"propertyName": "domain", "operator": "HAS_PROPERTY"})).await[3]["domain"]
            .clone();
    let loud = domain.as_str().unwrap().to_uppercase();
    assert_eq!(
        found(&sandbox, "companies", json!({"propertyName": "domain", "operator": "EQ", "value": loud})).await.len(),
        1
    );
    assert!(
        found(&sandbox, "deals", json!({"propertyName": "dealstage", "operator": "EQ", "value": "CLOSEDWON"}))
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn times_can_be_milliseconds_or_timestamps() {
    let sandbox = sandbox().await;
    let middle = "2024-01-01T00:00:00Z";
    let filter =
        |operator: &str, value: &str| json!({"propertyName": "closedate", "operator": operator, "value": value});
    let by_moment = found(&sandbox, "deals", filter("LT", middle)).await;
    assert_eq!(found(&sandbox, "deals", filter("LT", "1704067200000")).await, by_moment);
    assert_eq!(found(&sandbox, "deals", filter("LT", "2024-01-01")).await, by_moment);
    assert!(!by_moment.is_empty() && by_moment.iter().all(|deal| deal["closedate"].as_str().unwrap() < middle));
}

#[tokio::test]
async fn groups_are_joined_by_or_and_filters_by_and() {
    let sandbox = sandbox().await;
    let stage = |value: &str| json!({"propertyName": "dealstage", "operator": "EQ", "value": value});
    let total = async |groups: Value| {
        sandbox.search("deals", json!({"filterGroups": groups})).await.json()["total"].as_u64().unwrap()
    };
    let won = total(json!([{"filters": [stage("closedwon")]}])).await;
    let lost = total(json!([{"filters": [stage("closedlost")]}])).await;
    assert_eq!(total(json!([{"filters": [stage("closedwon")]}, {"filters": [stage("closedlost")]}])).await, won + lost);
    assert_eq!(total(json!([{"filters": [stage("closedwon"), stage("closedlost")]}])).await, 0);
}

#[tokio::test]
async fn a_query_matches_the_beginnings_of_words() {
    let sandbox = sandbox().await;
    let everyone = sandbox.search("contacts", json!({"query": "", "limit": 1})).await.json();
    assert_eq!(everyone["total"], 250);
    let name = everyone["results"][0]["properties"]["firstname"].as_str().unwrap();
    let hits = sandbox.search("contacts", json!({"query": name[..3].to_uppercase(), "limit": 200})).await.json();
    let total = hits["total"].as_u64().unwrap();
    assert!((1..250).contains(&total), "{total}");
}

#[tokio::test]
async fn a_sort_puts_records_without_a_value_last() {
    let sandbox = sandbox().await;
    for (sort, descending) in
        [(json!({"propertyName": "amount", "direction": "DESCENDING"}), true), (json!("amount"), false)]
    {
        let response = sandbox.search("deals", json!({"sorts": [sort], "limit": 30})).await.json();
        let amounts: Vec<_> =
            response["results"].as_array().unwrap().iter().map(|deal| amount(&deal["properties"])).collect();
        let set: Vec<f64> = amounts.iter().copied().map_while(|amount| amount).collect();
        assert!(amounts[set.len()..].iter().all(Option::is_none));
        assert!(if descending { set.is_sorted_by(|a, b| a >= b) } else { set.is_sorted() }, "{set:?}");
    }
}

#[tokio::test]
async fn pages_by_offset_contain_every_match_once() {
    let sandbox = sandbox().await;
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let body = json!({"limit": 60, "after": after, "sorts": ["-lastmodifieddate"]});
        let (page, next) = sandbox.search("contacts", body).await.page();
        ids.extend(page);
        after = next;
        if after.is_none() {
            break;
        }
        assert_eq!(after.as_deref(), Some(ids.len().to_string().as_str()));
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 250);
}

#[tokio::test]
async fn a_search_over_a_limit_is_rejected() {
    let sandbox = sandbox().await;
    let filter = json!({"propertyName": "amount", "operator": "HAS_PROPERTY"});
    let groups = |groups: usize, filters: usize| json!({"filterGroups": vec![json!({"filters": vec![&filter; filters]}); groups]});
    assert_eq!(sandbox.search("deals", groups(3, 6)).await.status, 200);
    for body in [
        groups(6, 1),
        groups(1, 7),
        groups(4, 5),
        json!({"limit": 201}),
        json!({"limit": 100, "after": "9901"}),
        json!({"limit": 100, "after": u64::MAX.to_string()}),
        json!({"sorts": ["amount", "dealname"]}),
        json!({"query": "x".repeat(3000)}),
        json!({"filterGroups": [{"filters": [{"propertyName": "no_such", "operator": "EQ", "value": "1"}]}]}),
        json!({"filterGroups": [{"filters": [{"propertyName": "amount", "operator": "EQ"}]}]}),
    ] {
        let response = sandbox.search("deals", body.clone()).await;
        assert_eq!(
            (response.status.as_u16(), &response.json()["category"]),
            (400, &json!("VALIDATION_ERROR")),
            "{body}"
        );
    }
    let unknown = json!({"filterGroups": [{"filters": [{"propertyName": "amount", "operator": "IS", "value": "1"}]}]});
    assert_eq!(sandbox.search("deals", unknown).await.status, 400);
}
