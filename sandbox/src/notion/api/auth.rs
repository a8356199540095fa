//! Checks every API call before its endpoint sees it: the access token, the rate limits of the integration and of the
//! workspace, and the API version.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{
    grants::Access,
    notion::{
        Notion,
        error::ApiError,
        ids::{self, Object},
        version::Version,
        workspace::{NAME, Page, Share, Workspace},
    },
};

/// What the access token of a call gives access to, and the API version that the call uses.
#[derive(Clone)]
pub(crate) struct Caller {
    pub client_id: String,
    pub share: Share,
    pub version: Version,
}

impl Caller {
    /// The object that a path names, if it exists and was shared. `parameter` is the name of the path parameter, such
    /// as `page_id`.
    pub(crate) fn find(&self, workspace: &Workspace, parameter: &str, id: &str) -> Result<Object, ApiError> {
        if !ids::is_uuid(id) {
            let message =
                format!("path failed validation: path.{parameter} should be a valid uuid, instead was `\"{id}\"`.");
            return Err(ApiError::validation(message));
        }
        let object = Object::named(workspace.seed, id).filter(|object| workspace.exists(*object));
        object.filter(|object| workspace.covers(*object, &self.share)).ok_or_else(|| self.not_found(parameter, id))
    }

    pub(crate) fn page(&self, workspace: &Workspace, parameter: &str, id: &str) -> Result<Page, ApiError> {
        match self.find(workspace, parameter, id)? {
            Object::Page(index) => Ok(Page::Standalone(index)),
            Object::Row(row) => Ok(Page::Row(row)),
            _ => Err(self.not_found(parameter, id)),
        }
    }

    pub(crate) fn not_found(&self, parameter: &str, id: &str) -> ApiError {
        ApiError::not_found(parameter.trim_end_matches("_id"), id, &self.client_id)
    }
}

pub(crate) async fn check(State(notion): State<Arc<Notion>>, mut request: Request, next: Next) -> Response {
    let caller = authenticate(&notion, request.headers()).and_then(|access| {
        check_rate_limits(&notion, &access.client_id)?;
        let version = version(&notion, request.headers())?;
        Ok(Caller { client_id: access.client_id, share: access.resources, version })
    });
    match caller {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(error) => error.into_response(),
    }
}

/// All invalid tokens get the same response: expired, replaced by a refresh, revoked, or never issued.
fn authenticate(notion: &Notion, headers: &HeaderMap) -> Result<Access<Share>, ApiError> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.split_once(' '));
    let token = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
    token.and_then(|token| notion.valid_access(token)).ok_or_else(ApiError::unauthorized)
}

/// An integration's bot has a limit of its own, and shares another one with all bots of the workspace.
fn check_rate_limits(notion: &Notion, client_id: &str) -> Result<(), ApiError> {
    if !notion.context.settings().limits {
        return Ok(());
    }
    let now = notion.context.clock.now();
    let connection = notion.connection_limit.acquire(client_id, now);
    connection.map_err(|wait| ApiError::rate_limited("public_api_request_rate_limit", wait))?;
    let workspace = notion.workspace_limit.acquire(NAME, now);
    workspace.map_err(|wait| ApiError::rate_limited("public_api_space_request_rate_limit", wait))
}

fn version(notion: &Notion, headers: &HeaderMap) -> Result<Version, ApiError> {
    let requested = headers.get("notion-version").ok_or_else(ApiError::missing_version)?;
    let accepted = notion.switches.get().versions;
    let requested = String::from_utf8_lossy(requested.as_bytes());
    Version::named(&requested).filter(|version| accepted.contains(version)).ok_or_else(|| {
        let names: Vec<_> = accepted.iter().map(|version| format!("`\"{}\"`", version.name())).collect();
        let names = names.join(", ");
        ApiError::validation(format!(
            "Notion-Version header failed validation: Notion-Version header should be {names}, instead was `\"{requested}\"`."
        ))
    })
}
