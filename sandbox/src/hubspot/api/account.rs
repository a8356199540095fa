//! `GET /account-info/{version}/details`: the account that was connected.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use serde_json::json;

use crate::{
    hubspot::{Hubspot, UTC_OFFSET_SECONDS, error::ApiError},
    reply,
};

pub(crate) async fn details(
    State(hubspot): State<Arc<Hubspot>>,
    Path(version): Path<String>,
) -> Result<Response, ApiError> {
    let hub_id = hubspot.switches.get().hub_id;
    let mut details = json!({
        "portalId": hub_id, "accountType": "DEVELOPER_TEST", "timeZone": "US/Eastern", "companyCurrency": "USD",
        "additionalCurrencies": ["EUR"], "utcOffset": "-05:00", "utcOffsetMilliseconds": UTC_OFFSET_SECONDS * 1000,
        "uiDomain": "app.hubspot.com", "dataHostingLocation": "na1",
    });
    match version.as_str() {
        "v3" | "2026-03" => {}
        "2026-09" => {
            details["portalName"] = "Acme Sandbox".into();
            details["createdAt"] = 1_700_000_000_000_i64.into();
        }
        _ => return Err(ApiError::not_found()),
    }
    Ok(reply::json(StatusCode::OK, &details))
}
