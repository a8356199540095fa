//! What every provider has to do, for each of them: one row of [`CASES`] a provider, one test a case.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::{Value, json};

use crate::{app::App, browser::Browser, caller::IDS};

/// How a provider's stand-in is steered.
struct Case {
    slug: &'static str,
    /// What its account is called.
    account: &'static str,
    /// Settings under which a refresh ends the refresh token that it used.
    rotating: fn() -> Value,
    /// The token endpoint.
    token: &'static str,
    /// Where its data lies.
    data: &'static str,
    /// The requests that a load of the default account takes at least.
    least_requests: u64,
    /// Those that are needed beside, because a provider does not say in advance where a list ends, or repeats itself.
    further_requests: u64,
    /// Whether the provider lets a program revoke a grant.
    revokes: bool,
    /// Whether it says how long a grant is good that is not used.
    says_how_long: bool,
    /// The path that is read for an item, and for those of the same stream.
    read_for: fn(&Value) -> String,
}

const HUBSPOT: Case = Case {
    slug: "hubspot",
    account: "acme-sandbox.com",
    rotating: || json!({"hubspot": {"rotate_refresh": "dead"}}),
    token: "/hubspot/oauth/2026-03/token",
    data: "/hubspot/crm",
    least_requests: 19,
    further_requests: 0,
    revokes: true,
    says_how_long: false,
    read_for: |_| "/hubspot/crm/objects/2026-03/deals".to_owned(),
};

const NOTION: Case = Case {
    slug: "notion",
    account: "Northwind Press",
    rotating: || json!({}),
    token: "/notion/v1/oauth/token",
    data: "/notion/v1/",
    // One for the data sources, 5 for their databases, 4 for 400 pages, 10 for the rows.
    least_requests: 20,
    // Search returns every third row beside the 400 pages: 600 results in place of 400.
    further_requests: 2,
    revokes: true,
    says_how_long: false,
    read_for: |row| format!("/notion/v1/data_sources/{}/query", row["parent_id"].as_str().unwrap()),
};

const AIRTABLE: Case = Case {
    slug: "airtable",
    account: "sam.rivers@birch-studio.example",
    rotating: || json!({}),
    token: "/airtable/oauth2/v1/token",
    data: "/airtable/v0/",
    // One for the bases, 3 for their tables, 19 for the records.
    least_requests: 23,
    further_requests: 0,
    revokes: false,
    says_how_long: true,
    read_for: |record| {
        let (base, table) =
            (record["url"].as_str().unwrap().split('/').nth(3).unwrap(), record["parent_id"].as_str().unwrap());
        format!("/airtable/v0/{base}/{table}")
    },
};

/// One module a provider, with one test a case.
macro_rules! cases {
    ($($provider:ident: $case:expr;)*) => { $(
        mod $provider {
            use super::*;

            #[tokio::test]
            async fn connecting_tells_whose_account_it_is() {
                super::connecting(&$case).await;
            }

            #[tokio::test]
            async fn a_refusal_is_told_and_connects_nothing() {
                super::refusing(&$case).await;
            }

            #[tokio::test]
            async fn a_token_that_ended_is_refreshed_once_and_the_load_is_whole() {
                super::refreshing(&$case).await;
            }

            #[tokio::test]
            async fn no_refresh_token_is_used_twice_when_each_ends_with_its_use() {
                super::rotating(&$case).await;
            }

            #[tokio::test]
            async fn a_dead_grant_asks_for_reconnecting_and_that_helps() {
                super::reconnecting(&$case).await;
            }

            #[tokio::test]
            async fn a_load_finds_all_that_there_is_in_as_few_requests_as_can_be() {
                super::loading(&$case).await;
            }

            #[tokio::test]
            async fn a_load_is_whole_when_every_20th_answer_is_a_502() {
                super::loading_through_failures(&$case).await;
            }

            #[tokio::test]
            async fn a_stream_that_fails_is_named_and_the_others_are_whole() {
                super::failing(&$case).await;
            }

            #[tokio::test]
            async fn two_loads_of_the_same_data_are_the_same_bytes() {
                super::loading_twice(&$case).await;
            }

            #[tokio::test]
            async fn disconnecting_forgets_and_revokes_where_it_can() {
                super::disconnecting(&$case).await;
            }
        }
    )* };
}

cases! {
    hubspot: HUBSPOT;
    notion: NOTION;
    airtable: AIRTABLE;
}

async fn connected(case: &Case) -> App {
    let app = App::start().await;
    app.connect_to(case.slug).await;
    app
}

async fn connection(app: &App, case: &Case) -> (StatusCode, Value) {
    let path = format!("/integrations/{}/credentials", case.slug);
    let answer = app.program("GET", &path).query(&IDS).send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

/// The sandbox's counters of a provider's tokens.
async fn counted(app: &App, case: &Case) -> Value {
    app.stats().await["by_provider"][case.slug].clone()
}

/// What the sandbox holds, by the kind of item.
async fn held(app: &App, case: &Case) -> BTreeMap<String, u64> {
    serde_json::from_value(app.stats().await["holds"][case.slug].clone()).unwrap()
}

/// What a load brought, by the kind of item. No item comes twice.
fn found(events: &[Value]) -> BTreeMap<String, u64> {
    let mut kinds = BTreeMap::new();
    let mut ids = std::collections::HashSet::new();
    for item in events.iter().filter_map(|event| event["items"].as_array()).flatten() {
        *kinds.entry(item["type"].as_str().unwrap().to_owned()).or_default() += 1;
        assert!(ids.insert(item["id"].as_str().unwrap()), "twice: {item}");
    }
    kinds
}

fn report(events: &[Value]) -> (&Value, &Vec<Value>) {
    let last = events.last().unwrap();
    assert_eq!(last["event"], "finished");
    (&last["complete"], last["report"].as_array().unwrap())
}

async fn connecting(case: &Case) {
    let app = connected(case).await;
    let (status, connection) = connection(&app, case).await;
    assert_eq!((status, &connection["status"]), (StatusCode::OK, &json!("active")));
    assert_eq!(connection["account"]["name"], case.account);
    assert_eq!((&connection["missing_scopes"], &connection["renewable"]), (&json!([]), &json!(true)));
    assert_eq!(connection["must_be_used_before"].is_string(), case.says_how_long);
}

async fn refusing(case: &Case) {
    let app = App::start().await;
    let end = Browser::new().decide(&app.link_to(case.slug).await, "deny").await;
    assert_eq!(end.url().path(), format!("/connected/{}/denied", case.slug));
    assert_eq!(connection(&app, case).await.0, StatusCode::NOT_FOUND);
}

async fn refreshing(case: &Case) {
    let app = connected(case).await;
    app.control_with("expire", json!({"provider": case.slug})).await;
    // The token endpoint fails first, and that must not end the load either.
    app.steer(json!({"faults": [{"path": case.token, "kind": "status", "status": 503, "when": {"times": 1}}]})).await;
    let events = app.events_of(case.slug).await;
    assert_eq!((report(&events).0, found(&events)), (&json!(true), held(&app, case).await));
    assert_eq!(counted(&app, case).await["refreshes"], 1);
    assert!(connection(&app, case).await.1["last_refreshed_at"].is_string());
}

async fn rotating(case: &Case) {
    let app = App::start().await;
    app.steer((case.rotating)()).await;
    app.connect_to(case.slug).await;
    for round in 1..=3 {
        app.control_with("expire", json!({"provider": case.slug})).await;
        let events = app.events_of(case.slug).await;
        assert_eq!(report(&events).0, &json!(true), "{:?}", events.last());
        let counted = counted(&app, case).await;
        assert_eq!((&counted["refreshes"], &counted["reused_tokens"]), (&json!(round), &json!(0)));
    }
}

async fn reconnecting(case: &Case) {
    let app = connected(case).await;
    app.control_with("revoke_all", json!({"provider": case.slug})).await;
    let refused = app.items_of(case.slug).await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    let refused: Value = refused.json().await.unwrap();
    assert_eq!(refused["code"], "reconnect_required");
    let (_, dead) = connection(&app, case).await;
    assert_eq!(dead["status"], "reconnect_required");
    assert!(dead["reason"].as_str().unwrap().ends_with('.'));
    // Codes and tokens of before are dead by their age, to the millisecond.
    app.control_with("reset", json!({})).await;
    app.connect_to(case.slug).await;
    assert_eq!(connection(&app, case).await.1["status"], "active");
    assert_eq!(report(&app.events_of(case.slug).await).0, &json!(true));
}

async fn loading(case: &Case) {
    let app = connected(case).await;
    let events = app.events_of(case.slug).await;
    let (complete, report) = report(&events);
    assert_eq!((complete, found(&events)), (&json!(true), held(&app, case).await));
    let requests: u64 = report.iter().map(|stream| stream["requests"].as_u64().unwrap()).sum();
    println!(
        "{}: {} items in {requests} requests, {} at least",
        case.slug,
        found(&events).values().sum::<u64>(),
        case.least_requests
    );
    assert_eq!(requests, case.least_requests + case.further_requests, "{report:#?}");
    assert_eq!(app.stats().await["rate_limited"], 0);
}

async fn loading_through_failures(case: &Case) {
    let app = connected(case).await;
    app.steer(json!({"faults": [{"path": case.data, "kind": "status", "status": 502, "when": {"every": 20}}]})).await;
    // An account that is read in fewer requests than that meets the failure in a later load.
    for _ in 0..20 {
        let events = app.events_of(case.slug).await;
        assert_eq!((report(&events).0, found(&events)), (&json!(true), held(&app, case).await));
        let endpoints = app.stats().await["by_endpoint"].clone();
        if endpoints.as_object().unwrap().values().any(|one| one["statuses"]["502"].is_u64()) {
            return;
        }
    }
    panic!("no answer was a 502");
}

async fn failing(case: &Case) {
    let app = connected(case).await;
    // The last stream of a whole load is one that finds no further ones.
    let whole = app.events_of(case.slug).await;
    let (_, streams) = report(&whole);
    let last = streams.last().unwrap();
    let of_last = whole.iter().rev().find(|event| event["stream"] == last["stream"]);
    let path = (case.read_for)(&of_last.unwrap()["items"][0]);
    app.steer(json!({"faults": [{"path": path, "kind": "status", "status": 502}]})).await;
    let events = app.events_of(case.slug).await;
    let (complete, report) = report(&events);
    assert_eq!(complete, &json!(false));
    let failed: Vec<_> = report.iter().filter(|stream| stream["outcome"] != "complete").collect();
    assert_eq!(failed.len(), 1, "{report:#?}");
    assert_eq!(failed[0]["stream"], last["stream"]);
    assert!(failed[0]["outcome"]["failed"]["detail"].as_str().unwrap().contains("502"));
    let (lost, all) = (last["records"].as_u64().unwrap(), held(&app, case).await.values().sum::<u64>());
    assert_eq!(found(&events).values().sum::<u64>(), all - lost, "everything else is there");
    // The array says the same in its header, in letters that a header may hold; where nothing is left, it is an error.
    let array = app.items_of(case.slug).await;
    if found(&events).is_empty() {
        assert_eq!(array.status(), StatusCode::BAD_GATEWAY);
        return;
    }
    assert_eq!(array.status(), StatusCode::OK);
    let told = array.headers()["tributary-load"].to_str().unwrap().strip_prefix("partial; failed=").unwrap().to_owned();
    assert_eq!(percent_encoding::percent_decode_str(&told).decode_utf8().unwrap(), last["stream"].as_str().unwrap());
}

async fn loading_twice(case: &Case) {
    let app = connected(case).await;
    let (one, two) = (app.items_of(case.slug).await, app.items_of(case.slug).await);
    assert_eq!(one.headers()["tributary-load"], "complete");
    assert_eq!(one.bytes().await.unwrap(), two.bytes().await.unwrap());
}

async fn disconnecting(case: &Case) {
    let app = connected(case).await;
    let browser = app.signed_in().await;
    let fields = [("org_id", "acme"), ("user_id", "ada"), ("provider", case.slug)];
    let end = browser.post(&format!("{}/disconnect", app.url), &fields).await;
    let page = end.text().await.unwrap();
    assert_eq!(page.contains("does not let programs revoke access"), !case.revokes, "{page}");
    assert_eq!(counted(&app, case).await["revocations"], u64::from(case.revokes));
    assert_eq!(connection(&app, case).await.0, StatusCode::NOT_FOUND);
}
