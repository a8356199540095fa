//! Writes, of which there are none: an app is refused for the scope it was not granted, as HubSpot refuses it before it looks
//! at anything else; and one that was granted it is told that this account cannot be changed.

use axum::{Extension, extract::Path, http::StatusCode};

use super::{auth::Caller, objects::Target};
use crate::hubspot::{data::catalog::ObjectType, error::ApiError};

/// Changes of records and of their associations. Which change it would be is not looked at, because all need the same scope.
pub(crate) async fn records(Extension(caller): Extension<Caller>, Path(target): Path<Target>) -> ApiError {
    refuse(&caller, &target, "objects")
}

/// Changes of what records are made of: properties and pipelines.
pub(crate) async fn schemas(Extension(caller): Extension<Caller>, Path(target): Path<Target>) -> ApiError {
    refuse(&caller, &target, "schemas")
}

fn refuse(caller: &Caller, target: &Target, part: &str) -> ApiError {
    let scope = |kind: ObjectType| format!("crm.{part}.{}.write", kind.plural());
    match target.kind().and_then(|kind| caller.require_scope(&scope(kind))) {
        Ok(()) => ApiError::new(StatusCode::NOT_IMPLEMENTED, "This account is computed, and cannot be changed."),
        Err(refusal) => refusal,
    }
}
