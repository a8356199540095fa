//! The callback: the attempt is checked, the code exchanged, the account identified, and the grant saved.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Path, Query, State, rejection::QueryRejection},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use http::{HeaderValue, header};
use secrecy::ExposeSecret;
use serde::Deserialize;
use tracing::Instrument;

use super::{
    account_choice,
    attempt::{self, Attempt},
    link,
};
use crate::{
    model::{AppError, ErrorCode, Outcome, Subject},
    server::{
        AppState,
        access::Browser,
        audit::Actor,
        connections::UnknownProvider,
        crypto::random_secret,
        error::internal,
        grants::{Connected, GrantError},
        providers::{
            self, Provider,
            client::{CallError, UnsavedToken, oauth::OAuthError},
        },
        views::{Notice, SubjectQuery, home_path},
    },
};

/// The maximum length of an authorization code and of a state.
const MAX_LENGTH: usize = 4096;

/// The query with which the provider sends the browser back.
#[derive(Deserialize, Default)]
pub struct CallbackQuery {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
}

/// Marks the response to a callback for which this browser has no attempt.
#[derive(Clone, Copy)]
pub struct NothingFound;

/// `GET /integrations/{provider}/oauth2callback`. Whatever happened, the browser is redirected to a view that says so, and
/// neither code nor state stays in its address bar.
pub async fn callback(
    State(state): State<AppState>,
    Path(provider): Path<String>,
    query: Result<Query<CallbackQuery>, QueryRejection>,
    browser: Browser,
) -> Result<Response, Notice> {
    let provider = providers::find(&provider).ok_or_else(|| AppError::from(UnknownProvider))?;
    // An unreadable query, such as one with a repeated field, belongs to no attempt.
    let query = query.map(|Query(query)| query).unwrap_or_default();
    let oauth_state = query.state.as_deref().filter(|oauth_state| oauth_state.len() <= MAX_LENGTH);
    let (result, subject) = match oauth_state {
        Some(oauth_state) => finish(&state, provider, oauth_state, &query, &browser).await,
        None => (Err(Outcome::Expired), None),
    };
    let attempt_cookie = oauth_state.map(|oauth_state| attempt::delete_cookie(&state, provider, oauth_state));
    let found_nothing = matches!(result, Err(Outcome::Expired | Outcome::WrongBrowser));
    let (cookie, location) = match result {
        Ok(Finished::Question { path, cookie }) => (Some(cookie), path),
        Ok(Finished::Connected(outcome)) | Err(outcome) => {
            (None, outcome_path(&state, &browser, provider, outcome, subject.as_ref()).await)
        }
    };
    let cookies = [attempt_cookie, cookie].into_iter().flatten().map(|cookie| (header::SET_COOKIE, cookie));
    let response = (AppendHeaders(cookies.collect::<Vec<_>>()), Redirect::to(&location));
    Ok(if found_nothing { (Extension(NothingFound), response).into_response() } else { response.into_response() })
}

/// The address of the view that shows how an attempt ended.
pub(super) async fn outcome_path(
    state: &AppState,
    browser: &Browser,
    provider: &Provider,
    outcome: Outcome,
    subject: Option<&Subject>,
) -> String {
    if !outcome.is_connected() && outcome != Outcome::AccountKept {
        tracing::warn!(provider = provider.slug, outcome = outcome.as_str(), "not connected");
    }
    // An operator returns to the user they were acting for; a user with a connect link has no page of ours to return to.
    let is_operator = browser.is_signed_in(state).await.unwrap_or_default();
    let query = subject.filter(|_| is_operator).map_or(String::new(), |subject| format!("?{}", subject.query()));
    format!("/connected/{}/{}{query}", provider.slug, outcome.as_str())
}

/// How an attempt ended that did not fail.
enum Finished {
    Connected(Outcome),
    /// The user has to decide which account to keep.
    Question {
        path: String,
        cookie: HeaderValue,
    },
}

/// How the attempt ended, and whose it was.
async fn finish(
    state: &AppState,
    provider: &'static Provider,
    oauth_state: &str,
    query: &CallbackQuery,
    browser: &Browser,
) -> (Result<Finished, Outcome>, Option<Subject>) {
    let attempt = match take_own(state, provider, oauth_state, browser).await {
        Ok(attempt) => attempt,
        Err(outcome) => return (Err(outcome), None),
    };
    let subject = attempt.key.subject.clone();
    let result = match (&query.error, &query.code) {
        (Some(error), _) if error == "access_denied" => Err(Outcome::Denied),
        (None, Some(code)) if code.len() <= MAX_LENGTH => {
            let (state, code, actor) = (state.clone(), code.clone(), browser.actor());
            // A task of its own: once the code is used, the grant is saved even if the browser hangs up. Shutdown waits for it.
            let connecting = state.grants.refresher.connecting().await;
            let connect = async move {
                let _connecting = connecting;
                connect(&state, attempt, code, &actor).await
            };
            tokio::spawn(connect.in_current_span()).await.unwrap_or_else(|error| {
                internal(&error.into());
                Err(Outcome::Failed)
            })
        }
        _ => Err(Outcome::Rejected),
    };
    (result, Some(subject))
}

/// Takes this browser's attempt. It is read first, so that a stranger can neither use it up nor make the store write.
async fn take_own(
    state: &AppState,
    provider: &Provider,
    oauth_state: &str,
    browser: &Browser,
) -> Result<Attempt, Outcome> {
    let found = attempt::find(state, oauth_state).await.map_err(GrantError::from)?.ok_or(Outcome::Expired)?;
    if !found.belongs_to(provider, oauth_state, browser) {
        return Err(Outcome::WrongBrowser);
    }
    attempt::take(state, oauth_state).await.map_err(GrantError::from)?.ok_or(Outcome::Expired)
}

/// Exchanges the code, identifies the account and saves the grant. If another account is connected, the user is asked.
async fn connect(state: &AppState, attempt: Attempt, code: String, actor: &Actor) -> Result<Finished, Outcome> {
    let Attempt { key, verifier, link, .. } = attempt;
    let oauth = state.grants.oauth(&key)?;
    let response = oauth.exchange(code, &verifier).await.map_err(|error| {
        tracing::warn!(%key, %error, "the authorization code was not exchanged");
        match error {
            OAuthError::Unavailable(_) | OAuthError::NoResponse(_) => Outcome::ProviderUnavailable,
            OAuthError::InvalidGrant(_) | OAuthError::InvalidClient(_) => Outcome::Rejected,
        }
    })?;
    // The user has allowed access, so the link has served its purpose.
    if let Some(link) = link {
        link::remove(state, &link).await;
    }
    let tokens = Arc::new(UnsavedToken::new(response.access_token.clone()));
    // The account is not known yet, and so neither is its rate limiter. This request waits for no other.
    let limiter = state.limiters.for_account(key.provider, random_secret().expose_secret());
    let identified = tokio::select! {
        identified = providers::identify(state.api_client(&key, tokens, limiter)?) => identified,
        () = state.grants.refresher.given_up_connecting() => Err(CallError::new("Tributary was stopped.")),
    };
    let account = match identified {
        Ok(account) => account,
        Err(error) => {
            state.grants.discard_unidentified(&key, response).await;
            let outcome = match error {
                CallError::Provider(_) => Outcome::ProviderUnavailable,
                CallError::NotAuthorized(_) => Outcome::Rejected,
            };
            tracing::warn!(%key, error = AppError::from(error).detail, "the account was not identified");
            return Err(outcome);
        }
    };
    // The request that identified the account counts towards its rate limit; nobody has to wait for that.
    let limiter = state.limiters.for_account(key.provider, &account.id);
    tokio::spawn(async move { limiter.acquire().await });
    let asked = match state.grants.replaced_account(&key, &account).await {
        Ok(None) => {
            let connected = state.grants.connect(&key, account, response, (state.clock)(), actor).await?;
            return Ok(Finished::Connected(outcome(connected)));
        }
        Ok(Some(connected)) => account_choice::ask(state, &key, connected, account.clone(), &response).await,
        Err(error) => Err(error),
    };
    match asked {
        Ok((path, cookie)) => Ok(Finished::Question { path, cookie }),
        Err(error) => {
            if let Err(error) = state.grants.discard(&key, &account, response).await {
                tracing::warn!(%key, %error, "discarded tokens could not be revoked");
            }
            Err(error.into())
        }
    }
}

/// The outcome of a saved grant.
pub(super) fn outcome(connected: Connected) -> Outcome {
    if connected.may_end_another { Outcome::ConnectedTwice } else { Outcome::Connected }
}

/// `GET /connected/{provider}/{outcome}`: the last view of the popup. Its script informs the page and closes the popup.
pub async fn connected(
    Path((provider, outcome)): Path<(String, String)>,
    query: Result<Query<SubjectQuery>, QueryRejection>,
) -> Result<Response, Notice> {
    let ids = query.ok().and_then(|Query(SubjectQuery { org_id, user_id })| org_id.zip(user_id));
    let subject = ids.and_then(|(org_id, user_id)| Subject::new(org_id, user_id).ok());
    let home = subject.map_or_else(|| "/".to_owned(), |subject| home_path(&subject));
    match (providers::find(&provider), Outcome::parse(&outcome)) {
        (Some(provider), Some(outcome)) => Ok(Notice::outcome(provider, outcome, home).into_response()),
        _ => Err(AppError::new(ErrorCode::NotFound, "There's nothing at this address.").into()),
    }
}
