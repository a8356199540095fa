//! Starting an attempt: what will be read and one button, and then the provider's authorization page.

use axum::{
    extract::{Path, Query, State, rejection::QueryRejection},
    response::{AppendHeaders, IntoResponse, Response},
};
use http::{StatusCode, header};
use leptos::prelude::*;
use url::Url;

use super::{attempt, link};
use crate::{
    model::{AppError, ErrorCode},
    server::{
        AppState,
        access::{self, Browser},
        connections::ConnectionKey,
        providers::{self, Provider},
        views::{Confirmation, Notice, SubjectQuery},
    },
};

/// `GET /connect/{secret}` of a connect link, or `GET /connect/{provider}` for the signed-in operator: what will be read, and
/// one button. Nothing happens yet, except for a link on our own page: who followed that has already decided.
pub async fn view(
    State(state): State<AppState>,
    Path(target): Path<String>,
    query: Result<Query<SubjectQuery>, QueryRejection>,
    browser: Browser,
) -> Result<Response, Notice> {
    let Some(provider) = providers::find(&target) else {
        let page = ask(&state, &link::find(&state, &target, &browser).await?, format!("/connect/{target}"));
        let cookie = link::cookie(&state, &target, &browser).map(|cookie| (header::SET_COOKIE, cookie));
        return Ok((AppendHeaders(cookie), page).into_response());
    };
    let key = chosen_on_page(&state, provider, query, &browser).await?;
    if access::is_from_our_page(&state.config, browser.headers()) {
        return begin(&state, &key, None).await;
    }
    Ok(ask(&state, &key, format!("/connect/{target}?{}", key.subject.query())))
}

/// `POST /connect/{target}`: redirects the browser to the provider. A connect link is used up for all other browsers.
pub async fn authorize(
    State(state): State<AppState>,
    Path(target): Path<String>,
    query: Result<Query<SubjectQuery>, QueryRejection>,
    browser: Browser,
) -> Result<Response, Notice> {
    let Some(provider) = providers::find(&target) else {
        let key = link::press(&state, &target, &browser).await?;
        return begin(&state, &key, Some(&target)).await;
    };
    begin(&state, &chosen_on_page(&state, provider, query, &browser).await?, None).await
}

/// The connection that the signed-in operator's address names.
async fn chosen_on_page(
    state: &AppState,
    provider: &'static Provider,
    query: Result<Query<SubjectQuery>, QueryRejection>,
    browser: &Browser,
) -> Result<ConnectionKey, AppError> {
    browser.require_signed_in(state).await?;
    let Ok(Query(query)) = query else {
        let detail = "This address isn't valid. Open Tributary's own page and start there.";
        return Err(AppError::new(ErrorCode::InvalidInput, detail));
    };
    let key = ConnectionKey { subject: query.subject()?, provider };
    // An unconfigured provider is an error now, rather than after the click.
    state.grants.oauth(&key)?;
    Ok(key)
}

async fn begin(state: &AppState, key: &ConnectionKey, link: Option<&str>) -> Result<Response, Notice> {
    let (url, cookie) = attempt::begin(state, key, link).await?;
    let location = String::from(url).parse().map_err(|_| AppError::internal())?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location), (header::SET_COOKIE, cookie)]).into_response())
}

fn ask(state: &AppState, key: &ConnectionKey, action: String) -> Response {
    let registration = state.config.provider(key.provider);
    let (name, subject) = (key.provider.name, &key.subject);
    let contents: Vec<_> = key.provider.contents.iter().map(|content| content.name).collect();
    let content = view! {
        <p>
            {format!("You're about to connect a {name} account for user ")} <b>{subject.user_id().to_owned()}</b> " of organisation "
            <b>{subject.org_id().to_owned()}</b> "."
        </p>
        <p>{format!("Tributary will read its {}. It never changes anything in {name}.", list(&contents))}</p>
        {registration
            .sandbox
            .then(|| view! { <p class="hint">{format!("This is a sandbox with test data, not {name} itself.")}</p> })}
    };
    let confirmation = Confirmation {
        title: format!("Connect {name}"),
        content: content.into_any(),
        button: format!("Continue to {name}"),
        action,
        leads_to: Url::parse(&registration.auth_url).ok(),
    };
    confirmation.into_response()
}

/// Names as a list in a sentence: `pages, databases and rows`.
fn list(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [name] => (*name).to_owned(),
        [names @ .., last] => format!("{} and {last}", names.join(", ")),
    }
}
