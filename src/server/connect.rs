//! Connecting: from our page to the provider's and back (OAuth 2, authorization code with PKCE and state).

mod attempt;
mod callback;
mod choice;
mod disconnect;
mod sealed;

use axum::{
    extract::{Path, Query, State, rejection::QueryRejection},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;

use super::{
    AppState, access,
    notice::Notice,
    providers::{self, Provider},
    tokens::ConnectionKey,
};
use crate::model::{AppError, ErrorCode, Subject};

pub use callback::{callback, connected};
pub use choice::{answer, question};
pub use disconnect::{disconnect, disconnect_form};

/// A one-time address for the user's own browser, good for ten minutes. Programs hand it on.
pub async fn link(state: &AppState, subject: &Subject, provider: &str) -> Result<String, AppError> {
    let key = state.tokens.key(subject, provider)?;
    // A provider that is not configured is an error now, not in the user's browser.
    state.tokens.oauth(&key)?;
    Ok(state.config.public(&format!("/connect/{}", attempt::make_link(state, &key).await?)))
}

/// On whose behalf the signed-in operator connects.
#[derive(Deserialize)]
pub struct OnBehalf {
    pub(super) org_id: Option<String>,
    pub(super) user_id: Option<String>,
}

/// `GET /connect/{provider}` from the signed-in page, or `GET /connect/{one-time link}`: sets out to the provider.
pub async fn set_out(
    State(state): State<AppState>,
    Path(what): Path<String>,
    on_behalf: Result<Query<OnBehalf>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let set_out = async {
        let Query(on_behalf) = on_behalf.map_err(|_| unreadable())?;
        let key = match providers::find(&what) {
            Some(provider) => from_page(&state, provider, on_behalf, &headers).await?,
            None => attempt::take_link(&state, &what).await?,
        };
        let (url, cookie) = attempt::begin(&state, &key).await?;
        Ok((StatusCode::SEE_OTHER, [(header::LOCATION, String::from(url)), (header::SET_COOKIE, cookie)])
            .into_response())
    };
    set_out.await.unwrap_or_else(|error: AppError| Notice::error(&error).into_response())
}

async fn from_page(
    state: &AppState,
    provider: &Provider,
    on_behalf: OnBehalf,
    headers: &HeaderMap,
) -> Result<ConnectionKey, AppError> {
    access::refuse_links_of_other_sites(headers)?;
    if !access::is_signed_in(state, headers).await? {
        return Err(access::not_signed_in());
    }
    state.tokens.key(&Subject::or_default(on_behalf.org_id, on_behalf.user_id)?, provider.slug)
}

fn unreadable() -> AppError {
    AppError::new(ErrorCode::InvalidInput, "This address cannot be read. Go to the page and start from there.")
}

/// The page, for this subject.
pub(super) fn home(subject: &Subject) -> String {
    format!("/?{}", subject.query())
}
