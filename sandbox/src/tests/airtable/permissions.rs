//! Scopes, missing objects, and comments.

use axum::http::Method;
use serde_json::json;

use super::{Airtable, SCOPES, error, ok};

fn expected(status: u16, error: &str) -> (u16, String) {
    (status, error.to_owned())
}

#[tokio::test]
async fn each_call_requires_its_scope() {
    let whole = Airtable::connected(SCOPES).await;
    let path = whole.studio("Clients").await;
    let record = whole.all(&path, &[("maxRecords", "1")]).await[0]["id"].as_str().unwrap().to_owned();
    let base = whole.base("Studio CRM").await;
    for (scope, paths) in [
        ("data.records:read", vec![path.clone(), format!("{path}/{record}")]),
        (
            "schema.bases:read",
            vec!["/airtable/v0/meta/bases".to_owned(), format!("/airtable/v0/meta/bases/{base}/tables")],
        ),
        ("data.recordComments:read", vec![format!("{path}/{record}/comments")]),
    ] {
        let with = Airtable::connected(scope).await;
        let without = Airtable::connected(&SCOPES.replace(scope, "").replace("  ", " ")).await;
        for path in paths {
            assert_eq!(with.get(&path).await.status, 200, "{path}");
            assert_eq!(
                error(&without.get(&path).await),
                expected(403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND"),
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn unknown_bases_and_tables_are_forbidden_and_records_not_found() {
    let airtable = Airtable::connected(SCOPES).await;
    let path = airtable.studio("Clients").await;
    let base = airtable.base("Studio CRM").await;
    for path in [
        format!("/airtable/v0/{base}/Nothing"),
        format!("/airtable/v0/{base}/Tasks"),
        "/airtable/v0/appAAAAAAAAAAAAAA/Clients".to_owned(),
    ] {
        assert_eq!(
            error(&airtable.get(&path).await),
            expected(403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND"),
            "{path}"
        );
    }
    let projects = airtable.studio("Projects").await;
    let elsewhere = airtable.all(&projects, &[("maxRecords", "1")]).await[0]["id"].as_str().unwrap().to_owned();
    for record in ["recAAAAAAAAAAAAAA", "x", &elsewhere] {
        for path in [format!("{path}/{record}"), format!("{path}/{record}/comments")] {
            let response = airtable.get(&path).await;
            assert_eq!((response.status.as_u16(), response.json()), (404, json!({"error": "NOT_FOUND"})), "{path}");
        }
    }
    for path in ["/airtable/v0/appAAAAAAAAAAAAAA", "/airtable/v0/a/b/c/d"] {
        assert_eq!(airtable.get(path).await.json(), json!({"error": "NOT_FOUND"}));
    }
}

#[tokio::test]
async fn records_beyond_the_configured_number_do_not_exist() {
    let airtable = Airtable::connected(SCOPES).await;
    let path = airtable.studio("Clients").await;
    let last = airtable.all(&path, &[]).await.pop().unwrap()["id"].as_str().unwrap().to_owned();
    assert_eq!(airtable.get(&format!("{path}/{last}")).await.status, 200);
    airtable.configure(json!({"records": {"records": 100}})).await;
    assert_eq!(airtable.get(&format!("{path}/{last}")).await.status, 404);
}

#[tokio::test]
async fn writes_are_rejected() {
    for (scopes, message) in [
        (SCOPES.to_owned(), "You are not permitted to perform this operation"),
        (format!("{SCOPES} data.records:write"), "This sandbox is read-only"),
    ] {
        let airtable = Airtable::connected(&scopes).await;
        let path = airtable.studio("Clients").await;
        let (record, slash) = (format!("{path}/recAAAAAAAAAAAAAA"), format!("{path}/"));
        for (method, path) in [
            (Method::POST, &path),
            (Method::POST, &slash),
            (Method::PATCH, &path),
            (Method::PUT, &path),
            (Method::DELETE, &path),
            (Method::PATCH, &record),
            (Method::PUT, &record),
            (Method::DELETE, &record),
        ] {
            let response = airtable.send(method.clone(), path, "application/json", "{}".to_owned()).await;
            assert_eq!(error(&response), expected(403, "INVALID_PERMISSIONS"), "{method} {path}");
            assert_eq!(response.json()["error"]["message"], message);
        }
    }
}

#[tokio::test]
async fn comments_are_paged_with_the_newest_first() {
    let airtable = Airtable::connected(SCOPES).await;
    let path = airtable.studio("Invoices").await;
    let records = airtable.all(&path, &[("recordMetadata[]", "commentCount")]).await;
    let count = |record: &serde_json::Value| record["commentCount"].as_u64().unwrap() as usize;
    assert!(records.iter().any(|record| count(record) == 0));
    let busy = records.iter().max_by_key(|record| count(record)).unwrap();
    let path = format!("{path}/{}/comments", busy["id"].as_str().unwrap());
    let whole = ok(airtable.get(&path).await);
    let comments = whole["comments"].as_array().unwrap();
    assert_eq!((comments.len(), &whole["offset"]), (count(busy), &json!(null)));
    let times: Vec<&str> = comments.iter().map(|comment| comment["createdTime"].as_str().unwrap()).collect();
    assert!(times.is_sorted_by(|one, two| one >= two), "{times:?}");
    let first = ok(airtable.list(&path, &[("pageSize", "2")]).await);
    let rest = ok(airtable.list(&path, &[("offset", first["offset"].as_str().unwrap())]).await);
    let together =
        [first["comments"].as_array().unwrap().clone(), rest["comments"].as_array().unwrap().clone()].concat();
    assert_eq!(together, *comments);
    assert_eq!(airtable.list(&path, &[("offset", "comNone")]).await.status, 422);
}
