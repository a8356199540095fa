//! The three versions of the API, and unknown ones.

use axum::{
    body::Body,
    http::{Request, header},
};
use serde_json::{Value, json};

use super::{Integration, id};

async fn with_version(version: &'static str) -> Integration {
    let mut integration = Integration::connected().await;
    integration.version = version;
    integration
}

#[tokio::test]
async fn the_version_header_is_required_and_must_be_known() {
    let mut integration = Integration::connected().await;
    let request = Request::get("/notion/v1/users/me").header(header::HOST, "localhost");
    let request = request.header(header::AUTHORIZATION, format!("Bearer {}", integration.sandbox.access_token));
    let missing = integration.sandbox.run(request.body(Body::empty()).unwrap()).await;
    assert_eq!((missing.status.as_u16(), &missing.json()["code"]), (400, &json!("missing_version")));
    integration.version = "2021-05-13";
    let unknown = integration.get("users/me").await;
    assert_eq!((unknown.status.as_u16(), &unknown.json()["code"]), (400, &json!("validation_error")));
    integration.version = "2022-06-28";
    assert_eq!(integration.get("users/me").await.status, 200);
    integration.sandbox.configure(json!({"notion": {"versions": ["2026-03-11"]}})).await;
    assert_eq!(integration.get("users/me").await.status, 400);
}

#[tokio::test]
async fn only_older_versions_have_the_archived_field() {
    for (version, archived) in [("2022-06-28", Some(false)), ("2025-09-03", Some(false)), ("2026-03-11", None)] {
        let integration = with_version(version).await;
        let page = integration.post("search", json!({"page_size": 1})).await.json()["results"][0].clone();
        let block = integration.read(&format!("blocks/{}", id(&page))).await;
        for object in [page, block] {
            assert_eq!(object.get("archived").and_then(Value::as_bool), archived, "{version} {object}");
            assert_eq!(object["in_trash"], false);
        }
    }
}

#[tokio::test]
async fn the_first_version_has_databases_where_the_others_have_data_sources() {
    let integration = with_version("2022-06-28").await;
    let filter = json!({"filter": {"property": "object", "value": "database"}});
    let databases = integration.all("search", filter).await;
    assert_eq!(databases.len(), 4, "the database of two data sources is left out");
    for database in &databases {
        assert_eq!((&database["object"], database.get("data_sources")), (&json!("database"), None));
        assert_eq!(
            integration.read(&format!("databases/{}", id(database))).await["properties"],
            database["properties"]
        );
        let rows = integration.all(&format!("databases/{}/query", id(database)), json!({})).await;
        let parent = json!({"type": "database_id", "database_id": id(database)});
        assert!(!rows.is_empty() && rows.iter().all(|row| row["parent"] == parent));
    }
    let wrong = json!({"filter": {"property": "object", "value": "data_source"}});
    assert_eq!(integration.post("search", wrong).await.json()["code"], "validation_error");
}

#[tokio::test]
async fn later_versions_cannot_query_databases() {
    for version in ["2025-09-03", "2026-03-11"] {
        let integration = with_version(version).await;
        let tasks = integration.sources().await["Tasks"].clone();
        let source = integration.read(&format!("data_sources/{tasks}")).await;
        let database = source["parent"]["database_id"].as_str().unwrap();
        let read = integration.read(&format!("databases/{database}")).await;
        assert_eq!(read["data_sources"], json!([{"id": tasks, "name": "Tasks"}]));
        assert_eq!(read.get("properties"), None);
        assert_eq!(source["database_parent"], read["parent"]);
        let query = integration.post(&format!("databases/{database}/query"), json!({})).await;
        assert_eq!(query.json()["code"], "invalid_request_url");
        let row = &integration.rows("Tasks", json!({})).await[0];
        assert_eq!(row["parent"], json!({"type": "data_source_id", "data_source_id": tasks, "database_id": database}));
    }
}

#[tokio::test]
async fn a_database_of_two_data_sources_cannot_be_read_in_the_first_version() {
    let mut integration = Integration::connected().await;
    let sources = integration.sources().await;
    let people = integration.read(&format!("data_sources/{}", sources["People"])).await;
    let database = people["parent"]["database_id"].as_str().unwrap();
    integration.version = "2022-06-28";
    for response in [
        integration.get(&format!("databases/{database}")).await,
        integration.post(&format!("databases/{database}/query"), json!({})).await,
    ] {
        let body = response.json();
        assert_eq!((response.status.as_u16(), &body["code"]), (400, &json!("validation_error")));
        assert_eq!(body["additional_data"]["error_type"], "multiple_data_sources_for_database");
        assert_eq!(body["additional_data"]["child_data_source_ids"], json!([sources["Companies"], sources["People"]]));
    }
    let without_data_sources = integration.get(&format!("data_sources/{}", sources["People"])).await;
    assert_eq!(without_data_sources.json()["code"], "invalid_request_url");
}
