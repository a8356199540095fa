//! Introspection and revocation in the first version, with the token in the path. HubSpot's own SDK still uses it.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{revoke_grant, signed, valid_access, valid_refresh};
use crate::{
    hubspot::{APP_ID, HUB_DOMAIN, HUB_ID, Hubspot, USER, USER_ID, error::ApiError, oauth::token::bad_refresh_token},
    reply,
};

pub(crate) async fn access_token(
    State(hubspot): State<Arc<Hubspot>>,
    Path(token): Path<String>,
) -> Result<Response, ApiError> {
    let unknown = || {
        ApiError::new(StatusCode::NOT_FOUND, "access token is invalid, expired or revoked").category("OBJECT_NOT_FOUND")
    };
    let (access, left) = valid_access(&hubspot, &token).ok_or_else(unknown)?;
    Ok(reply::json(
        StatusCode::OK,
        &json!({
            "token": token, "user": USER, "hub_domain": HUB_DOMAIN, "scopes": access.scopes, "signed_access_token": signed(&access),
            "scope_to_scope_group_pks": [], "trial_scopes": [], "trial_scope_to_scope_group_pks": [], "hub_id": HUB_ID,
            "app_id": APP_ID, "expires_in": left, "user_id": USER_ID, "token_type": "access",
        }),
    ))
}

pub(crate) async fn refresh_token(
    State(hubspot): State<Arc<Hubspot>>,
    Path(token): Path<String>,
) -> Result<Response, ApiError> {
    let refresh = valid_refresh(&hubspot, &token).ok_or_else(invalid_token)?;
    Ok(reply::json(
        StatusCode::OK,
        &json!({
            "token": token, "user": USER, "hub_domain": HUB_DOMAIN, "scopes": refresh.scopes, "hub_id": HUB_ID,
            "client_id": refresh.client_id, "user_id": USER_ID, "token_type": "refresh",
        }),
    ))
}

pub(crate) async fn delete(
    State(hubspot): State<Arc<Hubspot>>,
    Path(token): Path<String>,
) -> Result<Response, ApiError> {
    revoke_grant(&hubspot, &valid_refresh(&hubspot, &token).ok_or_else(invalid_token)?);
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn invalid_token() -> ApiError {
    bad_refresh_token().without_oauth_fields()
}
