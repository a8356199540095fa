//! How HubSpot's stand-in responds to writes.

use axum::http::Method;
use serde_json::json;

use super::SCOPES;
use crate::tests::Sandbox;

#[tokio::test]
async fn a_write_is_rejected_and_the_missing_scope_is_named() {
    let sandbox = Sandbox::connected(SCOPES).await;
    let contacts = "crm.objects.contacts.write";
    let writes = [
        ("POST", "v3/objects/contacts", contacts),
        ("POST", "objects/2026-03/0-3", "crm.objects.deals.write"),
        ("PATCH", "v3/objects/contacts/1", contacts),
        ("DELETE", "objects/2026-09/companies/1", "crm.objects.companies.write"),
        ("POST", "v3/objects/contacts/batch/create", contacts),
        ("POST", "objects/2026-03/contacts/batch/archive", contacts),
        ("POST", "v3/objects/contacts/merge", contacts),
        ("PUT", "v4/objects/contacts/1/associations/companies/2", contacts),
        ("DELETE", "objects/2026-03/contacts/1/associations/companies/2", contacts),
        ("PUT", "v4/objects/contacts/1/associations/default/companies/2", contacts),
        ("POST", "v4/associations/contacts/companies/batch/create", contacts),
        ("POST", "associations/2026-03/contacts/companies/batch/labels/archive", contacts),
        ("POST", "v3/properties/contacts", "crm.schemas.contacts.write"),
        ("PATCH", "properties/2026-03/deals/amount", "crm.schemas.deals.write"),
        ("POST", "pipelines/2026-03/deals", "crm.schemas.deals.write"),
    ];
    for (method, path, scope) in writes {
        let method: Method = method.parse().unwrap();
        let path = format!("/hubspot/crm/{path}");
        let response = sandbox.send(method, &path, "application/json", "{}".to_owned()).await;
        assert_eq!((response.status.as_u16(), &response.json()["category"]), (403, &json!("MISSING_SCOPES")), "{path}");
        assert_eq!(response.json()["errors"][0]["context"]["requiredGranularScopes"], json!([scope]), "{path}");
    }
}

#[tokio::test]
async fn a_write_with_its_scope_is_answered_as_not_implemented() {
    let sandbox = Sandbox::connected("crm.objects.deals.write").await;
    let response = sandbox.post("/hubspot/crm/v3/objects/deals", json!({"properties": {"dealname": "New"}})).await;
    assert_eq!(response.status, 501);
    assert_eq!(sandbox.post("/hubspot/crm/v3/objects/llamas", json!({})).await.status, 400);
    assert_eq!(sandbox.post("/hubspot/crm/objects/2020-03/deals", json!({})).await.status, 404);
}
