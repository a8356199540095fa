//! Starting an attempt: the browser is sent to the provider's authorization page.

use axum::{
    extract::{Path, Query, State, rejection::QueryRejection},
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};

use super::{attempt, link};
use crate::{
    model::{AppError, ErrorCode},
    server::{
        AppState,
        access::{self, Browser},
        connections::ConnectionKey,
        providers::{self, Provider},
        views::{Notice, SubjectQuery},
    },
};

/// `GET /connect/{provider}` from the signed-in page, or `GET /connect/{secret}` with a connect link.
pub async fn authorize(
    State(state): State<AppState>,
    Path(target): Path<String>,
    query: Result<Query<SubjectQuery>, QueryRejection>,
    browser: Browser,
) -> Result<Response, Notice> {
    let Ok(Query(query)) = query else {
        let detail = "This address isn't valid. Open Tributary's own page and start there.";
        return Err(AppError::new(ErrorCode::InvalidInput, detail).into());
    };
    let key = match providers::find(&target) {
        Some(provider) => from_page(&state, provider, query, &browser).await?,
        None => link::redeem(&state, &target).await?,
    };
    let (url, cookie) = attempt::begin(&state, &key).await?;
    let location = String::from(url).parse().map_err(|_| AppError::internal())?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location), (header::SET_COOKIE, cookie)]).into_response())
}

async fn from_page(
    state: &AppState,
    provider: &'static Provider,
    query: SubjectQuery,
    browser: &Browser,
) -> Result<ConnectionKey, AppError> {
    access::reject_cross_site_links(browser.headers())?;
    browser.require_signed_in(state).await?;
    Ok(ConnectionKey { subject: query.subject()?, provider })
}
