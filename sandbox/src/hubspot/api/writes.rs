//! Writes are not implemented. As at HubSpot, a call without the required scope is rejected first; a call with the
//! scope gets a 501.

use axum::{Extension, extract::Path, http::StatusCode};

use super::{auth::Caller, objects::Target};
use crate::hubspot::{data::catalog::ObjectType, error::ApiError};

/// Changes to records and their associations, which all need the same scope.
pub(crate) async fn records(Extension(caller): Extension<Caller>, Path(target): Path<Target>) -> ApiError {
    reject(&caller, &target, "objects")
}

/// Changes to properties and pipelines.
pub(crate) async fn schemas(Extension(caller): Extension<Caller>, Path(target): Path<Target>) -> ApiError {
    reject(&caller, &target, "schemas")
}

fn reject(caller: &Caller, target: &Target, part: &str) -> ApiError {
    let scope = |kind: ObjectType| format!("crm.{part}.{}.write", kind.plural());
    match target.kind().and_then(|kind| caller.require_scope(&scope(kind))) {
        Ok(()) => ApiError::new(StatusCode::NOT_IMPLEMENTED, "This sandbox account is read-only."),
        Err(error) => error,
    }
}
