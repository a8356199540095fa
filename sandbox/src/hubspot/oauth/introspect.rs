//! Introspection and revocation in the dated versions of the API; [`v1`] has those of the first one.

use std::sync::Arc;

use axum::{
    extract::{Form, Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::token::{bad_refresh_token, check_client, is_version};
use crate::{
    grants::{Access, Refresh},
    hubspot::{APP_ID, HUB_DOMAIN, HUB_ID, Hubspot, USER, USER_ID, error::ApiError, switches::IntrospectField},
    reply,
};

pub(crate) mod v1;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Request {
    client_id: String,
    client_secret: String,
    token: Option<String>,
    access_token: Option<String>,
    refresh_token: Option<String>,
}

pub(crate) async fn introspect(
    State(hubspot): State<Arc<Hubspot>>,
    Path(version): Path<String>,
    Form(request): Form<Request>,
) -> Result<Response, ApiError> {
    if !is_version(&version) {
        return Err(ApiError::not_found());
    }
    check_client(&request.client_id, &request.client_secret)?;
    let any_field = hubspot.switches.get().introspect_field == IntrospectField::Any;
    let others = request.access_token.or(request.refresh_token).filter(|_| any_field);
    let token = request.token.or(others).ok_or_else(|| ApiError::validation("The request has no token."))?;
    // RFC 7662 returns no more than this for an invalid token; HubSpot's response is not documented.
    let description = describe(&hubspot, &token).unwrap_or_else(|| json!({"active": false}));
    Ok(reply::json(StatusCode::OK, &description))
}

pub(crate) async fn revoke(
    State(hubspot): State<Arc<Hubspot>>,
    Path(version): Path<String>,
    Form(request): Form<Request>,
) -> Result<Response, ApiError> {
    if !is_version(&version) {
        return Err(ApiError::not_found());
    }
    check_client(&request.client_id, &request.client_secret)?;
    let token = request.token.or(request.refresh_token).unwrap_or_default();
    let refresh = valid_refresh(&hubspot, &token).filter(|refresh| refresh.client_id == request.client_id);
    revoke_grant(&hubspot, &refresh.ok_or_else(bad_refresh_token)?);
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The grant's access tokens stay valid until they expire, as HubSpot documents for its first version.
fn revoke_grant(hubspot: &Hubspot, refresh: &Refresh<()>) {
    hubspot.grants.revoke(refresh.family);
    hubspot.grants.counters.revocations.increment();
}

fn valid_refresh(hubspot: &Hubspot, token: &str) -> Option<Refresh<()>> {
    let rotation = hubspot.switches.get().rotate_refresh;
    hubspot.grants.refresh(token, rotation, hubspot.context.clock.now()).ok()
}

/// An access token that has not expired, and how many seconds it has left.
fn valid_access(hubspot: &Hubspot, token: &str) -> Option<(Access<()>, i64)> {
    let access = hubspot.grants.access(token)?;
    let left = access.expires.duration_since(hubspot.context.clock.now()).as_secs();
    (left > 0).then_some((access, left))
}

fn describe(hubspot: &Hubspot, token: &str) -> Option<Value> {
    let hub_id = hubspot.switches.get().hub_id;
    if let Some((access, left)) = valid_access(hubspot, token) {
        return Some(json!({
            "active": true, "token": token, "hub_id": hub_id, "user_id": USER_ID, "client_id": access.client_id,
            "app_id": APP_ID, "user": USER, "hub_domain": HUB_DOMAIN, "scopes": access.scopes,
            "signed_access_token": signed(&access), "expires_in": left, "is_private_distribution": true,
            "token_use": "access_token", "token_type": "Bearer",
        }));
    }
    let refresh = valid_refresh(hubspot, token)?;
    Some(json!({
        "active": true, "token": token, "hub_id": hub_id, "user_id": USER_ID, "client_id": refresh.client_id,
        "app_id": APP_ID, "user": USER, "hub_domain": HUB_DOMAIN, "scopes": refresh.scopes,
        "token_use": "refresh_token", "token_type": "Bearer",
    }))
}

fn signed(access: &Access<()>) -> Value {
    json!({
        "expiresAt": access.expires.as_millisecond(), "scopes": access.scopes.join(" "), "hubId": HUB_ID,
        "userId": USER_ID, "appId": APP_ID, "signature": "", "newSignature": "", "scopeToScopeGroupPks": "",
        "trialScopes": "", "trialScopeToScopeGroupPks": "", "hublet": "na1", "isUserLevel": false, "isPrivateDistribution": true,
        "appInstallId": "", "audience": "", "installingUserId": USER_ID, "isServiceAccount": false,
    })
}
