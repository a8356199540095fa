//! Another account came back than the one that is connected: the person is asked before it takes that one's place.

use axum::{
    extract::{Form, Path, State, rejection::FormRejection},
    response::{Html, IntoResponse, Redirect, Response},
};
use http::{HeaderMap, header};
use jiff::Timestamp;
use leptos::prelude::*;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use super::{
    callback::{back, of},
    sealed::{self, LIFETIME, Whom},
};
use crate::{
    model::{Account, AppError, ErrorCode, Outcome},
    server::{
        AppState,
        access::{cookie, cookie_value},
        actor,
        failure::defect,
        notice::{self, Notice},
        providers::Provider,
        random,
        tokens::{ConnectionKey, Minted},
    },
};

/// A choice that waits, as it is sealed.
#[derive(Serialize, Deserialize)]
struct Choice {
    whom: Whom,
    /// The account that is connected.
    connected: Account,
    /// The one that came back.
    other: Account,
    /// Its tokens, sealed.
    minted: String,
    minted_at: Timestamp,
    /// The digest of the cookie that the browser got.
    browser: String,
}

/// What the person says.
#[derive(Deserialize)]
pub struct Answer {
    answer: String,
}

/// Where the browser is asked, and its cookie.
pub(super) struct Asked {
    pub(super) path: String,
    pub(super) cookie: String,
}

/// Keeps the tokens until the person has chosen.
pub(super) async fn ask(
    state: &AppState,
    key: &ConnectionKey,
    connected: Account,
    other: Account,
    minted: &Minted,
) -> Result<Asked, AppError> {
    let (secret, browser) = (random::token(), random::token());
    let secret = secret.expose_secret();
    let place = sealed::place("choice", secret);
    let choice = Choice {
        whom: Whom::of(key),
        connected,
        other,
        minted: state.tokens.seal_waiting(minted, &place)?,
        minted_at: (state.clock)(),
        browser: random::digest(browser.expose_secret()),
    };
    sealed::put(state, &place, &choice).await?;
    let path = format!("/choices/{secret}");
    let cookie = cookie(state, &cookie_name(secret), browser.expose_secret(), &path, LIFETIME);
    Ok(Asked { path, cookie })
}

/// `GET /choices/{secret}`: the question. It needs no script.
pub async fn question(State(state): State<AppState>, Path(secret): Path<String>, headers: HeaderMap) -> Response {
    let question = async {
        let found = sealed::look::<Choice>(&state, &sealed::place("choice", &secret)).await?;
        let choice = found.filter(|choice| choice.belongs_to(&secret, &headers)).ok_or_else(over)?;
        Ok(show(choice.whom.key(&state)?.provider, &choice, &secret))
    };
    question.await.unwrap_or_else(|error: AppError| Notice::error(&error).into_response())
}

/// `POST /choices/{secret}`: the answer, `replace` or `keep`.
pub async fn answer(
    State(state): State<AppState>,
    Path(secret): Path<String>,
    headers: HeaderMap,
    form: Result<Form<Answer>, FormRejection>,
) -> Response {
    let answered = async {
        let replace = match form.as_ref().map(|Form(answer)| answer.answer.as_str()) {
            Ok("replace") => true,
            Ok("keep") => false,
            _ => return Err(AppError::new(ErrorCode::InvalidInput, "The answer may be replace or keep.")),
        };
        // Looked at first, so that another browser cannot use it up.
        let place = sealed::place("choice", &secret);
        let found = sealed::look::<Choice>(&state, &place).await?;
        if !found.is_some_and(|choice| choice.belongs_to(&secret, &headers)) {
            return Err(over());
        }
        let choice = sealed::take::<Choice>(&state, &place).await?.ok_or_else(over)?;
        let key = choice.whom.key(&state)?;
        let (provider, subject) = (key.provider, key.subject.clone());
        let minted = state.tokens.open_waiting(&choice.minted, &place)?;
        let work = settle(state.clone(), key, choice, minted, replace);
        // A task of its own: what is decided is done even when the window is closed meanwhile.
        let settled = tokio::spawn(actor::carry(work)).await.map_err(|error| defect(&error.into()))?;
        let outcome = settled.unwrap_or_else(|error| of(&error));
        let spent = cookie(&state, &cookie_name(&secret), "", &format!("/choices/{secret}"), std::time::Duration::ZERO);
        let on = back(&state, &headers, provider, outcome, Some(&subject)).await;
        Ok(([(header::SET_COOKIE, spent)], Redirect::to(&on)).into_response())
    };
    answered.await.unwrap_or_else(|error: AppError| Notice::error(&error).into_response())
}

async fn settle(
    state: AppState,
    key: ConnectionKey,
    choice: Choice,
    minted: Minted,
    replace: bool,
) -> Result<Outcome, AppError> {
    if replace {
        return state.tokens.save(&key, choice.other, minted, choice.minted_at).await;
    }
    state.tokens.discard(&key, &choice.other, minted).await?;
    Ok(Outcome::AccountKept)
}

impl Choice {
    fn belongs_to(&self, secret: &str, headers: &HeaderMap) -> bool {
        let presented = cookie_value(headers, &cookie_name(secret)).map(random::digest).unwrap_or_default();
        presented.as_bytes().ct_eq(self.browser.as_bytes()).into()
    }
}

fn cookie_name(secret: &str) -> String {
    format!("tributary_choice_{}", &random::digest(secret)[..16])
}

fn over() -> AppError {
    let detail =
        "This question was answered already, or is older than ten minutes. What was connected is still connected.";
    AppError::new(ErrorCode::LinkExpired, detail)
}

fn show(provider: &Provider, choice: &Choice, secret: &str) -> Response {
    let (name, title) = (provider.name, format!("Another {} account", provider.name));
    let (connected, other) = (choice.connected.label(), choice.other.label());
    let body = view! {
        <body class="notice">
            <main>
                <h1>{title.clone()}</h1>
                <p>
                    "Connected until now is " <b>{connected.clone()}</b> ". You have just allowed Tributary to read "
                    <b>{other.clone()}</b> "."
                </p>
                <p>{format!("Only one {name} account can be connected. Which one shall it be?")}</p>
                <form method="post" action=format!("/choices/{secret}")>
                    <button class="primary" name="answer" value="replace">{format!("Replace it by {other}")}</button>
                    <button class="quiet" name="answer" value="keep">{format!("Keep {connected}")}</button>
                </form>
            </main>
        </body>
    };
    Html(notice::document(&title, notice::Extra::Nothing, body.to_html())).into_response()
}
