//! What each call of the API passes: the token, the connection's and the workspace's budgets, and the version.

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

/// Who calls, what was shared with them, and in which version they speak.
#[derive(Clone)]
pub(crate) struct Caller {
    pub client_id: String,
    pub share: Share,
    pub version: Version,
}

impl Caller {
    /// The object that a path names, if it exists and was shared. `parameter` is its name in the path, `page_id` for instance.
    pub(crate) fn find(&self, workspace: &Workspace, parameter: &str, id: &str) -> Result<Object, ApiError> {
        if !ids::is_uuid(id) {
            let message =
                format!("path failed validation: path.{parameter} should be a valid uuid, instead was `\"{id}\"`.");
            return Err(ApiError::validation(message));
        }
        let object = Object::named(workspace.seed, id).filter(|object| workspace.has(*object));
        object.filter(|object| workspace.shows(*object, &self.share)).ok_or_else(|| self.not_found(parameter, id))
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
    let admitted = authenticate(&notion, request.headers()).and_then(|access| {
        spend(&notion, &access.client_id)?;
        let version = version(&notion, request.headers())?;
        Ok(Caller { client_id: access.client_id, share: access.resources, version })
    });
    match admitted {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refusal) => refusal.into_response(),
    }
}

/// Every end of a token has the same answer: expired, replaced by a refresh, revoked, or never issued.
fn authenticate(notion: &Notion, headers: &HeaderMap) -> Result<Access<Share>, ApiError> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.split_once(' '));
    let token = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
    token.and_then(|token| notion.valid_access(token)).ok_or_else(ApiError::unauthorized)
}

/// The bot of an integration has a budget of its own, and another together with all bots of the workspace.
fn spend(notion: &Notion, client_id: &str) -> Result<(), ApiError> {
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
    let written = headers.get("notion-version").ok_or_else(ApiError::missing_version)?;
    let accepted = notion.switches.get().versions;
    let written = String::from_utf8_lossy(written.as_bytes());
    Version::named(&written).filter(|version| accepted.contains(version)).ok_or_else(|| {
        let names: Vec<_> = accepted.iter().map(|version| format!("`\"{}\"`", version.name())).collect();
        let names = names.join(", ");
        ApiError::validation(format!(
            "Notion-Version header failed validation: Notion-Version header should be {names}, instead was `\"{written}\"`."
        ))
    })
}
