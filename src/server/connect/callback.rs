//! Coming back from the provider: the attempt is checked, the code exchanged, the grant saved, and the outcome told.

use axum::{
    extract::{Path, Query, State, rejection::QueryRejection},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use http::{HeaderMap, header};
use secrecy::ExposeSecret;
use serde::Deserialize;

use super::{
    OnBehalf,
    attempt::{self, Attempt},
    choice, home,
};
use crate::{
    model::{AppError, ErrorCode, Outcome, Subject},
    server::{
        AppState, access, actor, failure, load,
        notice::Notice,
        providers::{self, Provider},
        random,
        tokens::{Bearer, Rejection},
    },
};

/// The longest authorization code or state that we read.
const LONGEST: usize = 4096;

/// What a provider sends the browser back with.
#[derive(Deserialize, Default)]
pub struct Callback {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
}

/// `GET /integrations/{provider}/oauth2callback`. Whatever happened, the browser goes on to a page that says it, and
/// neither code nor state stays in its address bar.
pub async fn callback(
    State(state): State<AppState>,
    Path(provider): Path<String>,
    callback: Result<Query<Callback>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let Some(provider) = providers::find(&provider) else {
        return Notice::error(&AppError::new(ErrorCode::NotFound, "There is no provider of that name."))
            .into_response();
    };
    // What cannot be read, because something stands in it twice, is none of our attempts.
    let callback = callback.map(|Query(callback)| callback).unwrap_or_default();
    let given = callback.state.as_deref().filter(|given| given.len() <= LONGEST);
    let (ended, subject) = match given {
        Some(given) => finish(&state, provider, given, &callback, &headers).await,
        None => (Err(Outcome::Expired), None),
    };
    let spent =
        given.map(|given| AppendHeaders([(header::SET_COOKIE, attempt::spent_cookie(&state, provider, given))]));
    match ended {
        Ok(Saved::Asked(asked)) => {
            (spent, AppendHeaders([(header::SET_COOKIE, asked.cookie)]), Redirect::to(&asked.path)).into_response()
        }
        Ok(Saved::Ended(outcome)) | Err(outcome) => {
            (spent, Redirect::to(&back(&state, &headers, provider, outcome, subject.as_ref()).await)).into_response()
        }
    }
}

/// Where the browser goes on to when an attempt has ended.
pub(super) async fn back(
    state: &AppState,
    headers: &HeaderMap,
    provider: &Provider,
    outcome: Outcome,
    subject: Option<&Subject>,
) -> String {
    if !outcome.is_connected() && outcome != Outcome::AccountKept {
        tracing::warn!(provider = provider.slug, outcome = outcome.as_str(), "not connected");
    }
    // The operator goes back to whom they were acting for; a user who came by a link has no page of ours to go back to.
    let operator = access::is_signed_in(state, headers).await.unwrap_or_default();
    let behalf = subject.filter(|_| operator).map_or(String::new(), |subject| format!("?{}", subject.query()));
    format!("/connected/{}/{}{behalf}", provider.slug, outcome.as_str())
}

/// How an exchange went on.
enum Saved {
    /// To its end.
    Ended(Outcome),
    /// The person is asked something first.
    Asked(choice::Asked),
}

/// How the attempt ended, and for whom it was.
async fn finish(
    state: &AppState,
    provider: &'static Provider,
    given: &str,
    callback: &Callback,
    headers: &HeaderMap,
) -> (Result<Saved, Outcome>, Option<Subject>) {
    let attempt = match attempt::take(state, given).await {
        Ok(Some(attempt)) => attempt,
        Ok(None) => return (Err(Outcome::Expired), None),
        Err(error) => return (Err(of(&error)), None),
    };
    if !attempt.belongs_to(provider, given, headers) {
        return (Err(Outcome::WrongBrowser), None);
    }
    let subject = attempt.key.subject.clone();
    let outcome = match (&callback.error, &callback.code) {
        (Some(error), _) if error == "access_denied" => Err(Outcome::Denied),
        (None, Some(code)) if code.len() <= LONGEST => {
            let (state, code) = (state.clone(), code.clone());
            // A task of its own: once the code is spent, the grant is saved even when the window is closed meanwhile.
            let saved = tokio::spawn(actor::carry(async move { save(&state, attempt, code).await }));
            saved.await.unwrap_or_else(|error| Err(of(&failure::defect(&error.into()))))
        }
        _ => Err(Outcome::Rejected),
    };
    (outcome, Some(subject))
}

/// Exchanges the code, asks whose account it is, and saves the grant; unless another account is connected, then the person
/// is asked.
async fn save(state: &AppState, attempt: Attempt, code: String) -> Result<Saved, Outcome> {
    let Attempt { key, verifier, .. } = attempt;
    let oauth = state.tokens.oauth(&key).map_err(|error| of(&error))?;
    let minted = oauth.exchange(code, &verifier).await.map_err(|rejection| {
        tracing::warn!(%key, error = %rejection, "the authorization code was not exchanged");
        match rejection {
            Rejection::Unavailable(_) | Rejection::Lost(_) => Outcome::ProviderUnavailable,
            Rejection::Dead(_) | Rejection::Client(_) => Outcome::Rejected,
        }
    })?;
    let bearer = Bearer::held(state.tokens.clone(), key.clone(), minted.access_token().clone());
    // Which account it is, and so whose quota, is not known yet: this request waits for nobody, and nobody for it.
    let api = load::api(state, &key, bearer, random::token().expose_secret());
    let account = match (key.provider.identify)(api).await {
        Ok(account) => account,
        Err(error) => {
            tracing::warn!(%key, error = %error.detail, "the account was not identified");
            // What is connected may be of the same account, and live on the same grant.
            if state.tokens.find(&key).await.is_ok_and(|connected| connected.is_none()) {
                oauth.discard(minted).await;
            }
            return Err(of(&error));
        }
    };
    // The request that identified the account counts towards its quota; nobody has to wait for that.
    let pace = state.paces.of_account(&key, &account.id);
    tokio::spawn(async move { pace.turn().await });
    let connected = state.tokens.connected(&key).await;
    let other = connected
        .map(|grant| grant.filter(|grant| state.tokens.is_ours(grant, &key) && grant.account.id != account.id));
    let saved = match other {
        Ok(None) => state.tokens.save(&key, account, minted, (state.clock)()).await.map(Saved::Ended),
        Ok(Some(grant)) => choice::ask(state, &key, grant.account, account, &minted).await.map(Saved::Asked),
        Err(error) => {
            if let Err(error) = state.tokens.discard(&key, &account, minted).await {
                tracing::warn!(%key, error = %error.detail, "tokens that are not kept could not be revoked");
            }
            Err(error)
        }
    };
    saved.map_err(|error| of(&error))
}

/// The outcome that an error is.
pub(super) fn of(error: &AppError) -> Outcome {
    match error.code {
        ErrorCode::ProviderUnavailable => Outcome::ProviderUnavailable,
        ErrorCode::StoreUnavailable => Outcome::StoreUnavailable,
        ErrorCode::ReconnectRequired | ErrorCode::ClientRejected => Outcome::Rejected,
        _ => Outcome::Failed,
    }
}

/// `GET /connected/{provider}/{outcome}`: the popup's last page. It tells the page that opened it, and closes.
pub async fn connected(
    Path((provider, outcome)): Path<(String, String)>,
    on_behalf: Result<Query<OnBehalf>, QueryRejection>,
) -> Response {
    let ids = on_behalf.ok().and_then(|Query(OnBehalf { org_id, user_id })| org_id.zip(user_id));
    let subject = ids.and_then(|(org_id, user_id)| Subject::new(org_id, user_id).ok());
    let home = subject.map_or_else(|| "/".to_owned(), |subject| home(&subject));
    match (providers::find(&provider), Outcome::parse(&outcome)) {
        (Some(provider), Some(outcome)) => Notice::outcome(provider, outcome, home).into_response(),
        _ => Notice::error(&AppError::new(ErrorCode::NotFound, "There is no such page.")).into_response(),
    }
}
