//! The question which account to keep, when a user who is connected connects another account.

use std::time::Duration;

use axum::{
    extract::{Form, Path, State, rejection::FormRejection},
    response::{Html, IntoResponse, Redirect, Response},
};
use http::{HeaderValue, header};
use jiff::Timestamp;
use leptos::prelude::*;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use tracing::Instrument;

use super::{
    LIFETIME, Target,
    callback::{outcome, outcome_path},
    sealed_key,
};
use crate::{
    model::{Account, AppError, ErrorCode, Outcome},
    server::{
        AppState,
        access::Browser,
        audit::Actor,
        connections::ConnectionKey,
        crypto::{digest, random_secret},
        error::internal,
        grants::GrantError,
        providers::{Provider, client::oauth::TokenResponse},
        views::{Extra, Notice, document},
    },
};

/// An open question, as it is sealed.
#[derive(Serialize, Deserialize)]
struct Question {
    target: Target,
    /// The connected account.
    connected: Account,
    /// The account that the user has just authorized.
    new: Account,
    /// The new account's tokens, sealed.
    tokens: String,
    issued_at: Timestamp,
    /// The digest of the browser's cookie.
    browser: String,
}

/// The form with the user's answer.
#[derive(Deserialize)]
pub struct Answer {
    answer: String,
}

/// Keeps the new tokens until the user has answered. Returns the address of the question and the browser's cookie.
pub(super) async fn ask(
    state: &AppState,
    key: &ConnectionKey,
    connected: Account,
    new: Account,
    response: &TokenResponse,
) -> Result<(String, HeaderValue), GrantError> {
    let (secret, browser) = (random_secret(), random_secret());
    let secret = secret.expose_secret();
    let store_key = sealed_key("account-choice", secret);
    let question = Question {
        target: Target::new(key),
        connected,
        new,
        tokens: state.grants.vault.seal_unsaved(response, &store_key)?,
        issued_at: (state.clock)(),
        browser: digest(browser.expose_secret()),
    };
    state.sealed.put(&store_key, &question, LIFETIME).await?;
    let path = format!("/account-choice/{secret}");
    let cookie = Browser::set_cookie(state, &cookie_name(secret), browser.expose_secret(), &path, LIFETIME);
    Ok((path, cookie))
}

/// `GET /account-choice/{secret}`: the question. The view needs no script.
pub async fn view(
    State(state): State<AppState>,
    Path(secret): Path<String>,
    browser: Browser,
) -> Result<Response, Notice> {
    let question = find(&state, &secret, &browser).await?;
    let key = question.target.key().map_err(AppError::from)?;
    Ok(render(key.provider, &question, &secret))
}

/// `POST /account-choice/{secret}`: the answer, `replace` or `keep`.
pub async fn choose(
    State(state): State<AppState>,
    Path(secret): Path<String>,
    browser: Browser,
    form: Result<Form<Answer>, FormRejection>,
) -> Result<Response, Notice> {
    let replace = match form.as_ref().map(|Form(answer)| answer.answer.as_str()) {
        Ok("replace") => true,
        Ok("keep") => false,
        _ => return Err(AppError::new(ErrorCode::InvalidInput, "answer has to be replace or keep.").into()),
    };
    // Read first, so that another browser cannot use it up.
    find(&state, &secret, &browser).await?;
    let store_key = sealed_key("account-choice", &secret);
    let question = state.sealed.take::<Question>(&store_key).await.map_err(AppError::from)?.ok_or_else(closed)?;
    let key = question.target.key().map_err(AppError::from)?;
    let (provider, subject) = (key.provider, key.subject.clone());
    let response = state.grants.vault.open_unsaved(&question.tokens, &store_key)?;
    // A task of its own: the decision is carried out even if the browser hangs up. Shutdown waits for it.
    let connecting = state.grants.refresher.connecting().await;
    let decide = decide(state.clone(), key, question, response, replace, browser.actor());
    let decide = async move {
        let _connecting = connecting;
        decide.await
    };
    let decided = tokio::spawn(decide.in_current_span()).await.map_err(|error| internal(&error.into()))?;
    let outcome = decided.unwrap_or_else(Outcome::from);
    let path = format!("/account-choice/{secret}");
    let delete_cookie = Browser::set_cookie(&state, &cookie_name(&secret), "", &path, Duration::ZERO);
    let location = outcome_path(&state, &browser, provider, outcome, Some(&subject)).await;
    Ok(([(header::SET_COOKIE, delete_cookie)], Redirect::to(&location)).into_response())
}

/// The open question with this secret, if it is for this browser.
async fn find(state: &AppState, secret: &str, browser: &Browser) -> Result<Question, AppError> {
    let found = state.sealed.get::<Question>(&sealed_key("account-choice", secret)).await?;
    let question = found.map(|opened| opened.value).filter(|question| question.belongs_to(secret, browser));
    question.ok_or_else(closed)
}

async fn decide(
    state: AppState,
    key: ConnectionKey,
    question: Question,
    response: TokenResponse,
    replace: bool,
    actor: Actor,
) -> Result<Outcome, GrantError> {
    if replace {
        let connected = state.grants.connect(&key, question.new, response, question.issued_at, &actor).await?;
        return Ok(outcome(connected));
    }
    state.grants.discard(&key, &question.new, response).await?;
    Ok(Outcome::AccountKept)
}

impl Question {
    fn belongs_to(&self, secret: &str, browser: &Browser) -> bool {
        browser.presents(&cookie_name(secret), &self.browser)
    }
}

fn cookie_name(secret: &str) -> String {
    format!("tributary_account_choice_{}", &digest(secret)[..16])
}

fn closed() -> AppError {
    let detail =
        "This question was already answered, or is older than ten minutes. The connected account hasn't changed.";
    AppError::new(ErrorCode::LinkExpired, detail)
}

fn render(provider: &Provider, question: &Question, secret: &str) -> Response {
    let (name, title) = (provider.name, "Which account do you want to keep?");
    let (connected, new) = (question.connected.label(), question.new.label());
    let body = view! {
        <body class="notice">
            <main>
                <h1>{title}</h1>
                <p>
                    {format!("You're connected to {name} as ")} <b>{connected.clone()}</b> ". You've just allowed Tributary to read "
                    <b>{new.clone()}</b> "."
                </p>
                <p>{format!("Only one {name} account can be connected at a time.")}</p>
                <form method="post" action=format!("/account-choice/{secret}")>
                    <button class="primary" name="answer" value="replace">{format!("Replace it with {new}")}</button>
                    <button class="quiet" name="answer" value="keep">{format!("Keep {connected}")}</button>
                </form>
            </main>
        </body>
    };
    Html(document(title, Extra::Nothing, body.to_html())).into_response()
}
