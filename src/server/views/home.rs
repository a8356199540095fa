//! The page, rendered with its initial state.

use axum::{
    extract::{Query, Request, State, rejection::QueryRejection},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Method, header};
use leptos::{config::LeptosOptions, nonce::use_nonce, prelude::*};
use leptos_axum::ResponseOptions;
use serde::Deserialize;

use super::{SubjectQuery, cards};
use crate::{
    app::shell,
    model::{AppError, ErrorCode, FirstPage, InitialState, Subject},
    server::{
        AppState,
        access::{self, Browser},
        audit::Actor,
        connections::ConnectionKey,
        load,
    },
};

/// The query of the page's address. Forms put it there, so it works without WASM.
#[derive(Deserialize, Default)]
pub struct HomeQuery {
    org_id: Option<String>,
    user_id: Option<String>,
    /// The provider whose first items are rendered.
    items: Option<String>,
}

/// `GET /`.
pub async fn home(
    State(state): State<AppState>,
    query: Result<Query<HomeQuery>, QueryRejection>,
    browser: Browser,
    request: Request,
) -> Response {
    let is_readable = query.is_ok();
    let mut query = query.map(|Query(query)| query).unwrap_or_default();
    // A link on another site, or a program that checks the address, must not begin a load.
    if access::is_cross_site(browser.headers()) || request.method() == Method::HEAD {
        query.items = None;
    }
    let mut initial_state = initial_state(&state, query, &browser).await;
    if initial_state.signed_in && !is_readable {
        let detail = "This address isn't valid, so the page shows the default user.";
        initial_state.notice = Some(AppError::new(ErrorCode::InvalidInput, detail));
    }
    let status = initial_state.notice.as_ref().map(|error| error.code.status()).unwrap_or_default();
    let options = LeptosOptions::builder().output_name("tributary").build();
    let context = move || {
        provide_context(initial_state.clone());
        set_content_security_policy();
    };
    let render = leptos_axum::render_app_to_stream_with_context(context, move || shell(options.clone()));
    let mut response = render(request).await.into_response();
    *response.status_mut() = status;
    response
}

async fn initial_state(state: &AppState, query: HomeQuery, browser: &Browser) -> InitialState {
    let signed_out = InitialState::default();
    match browser.is_signed_in(state).await {
        Ok(true) => {}
        Ok(false) => return signed_out,
        Err(error) => return InitialState { notice: Some(error), ..signed_out },
    }
    let HomeQuery { org_id, user_id, items } = query;
    let subject = match (SubjectQuery { org_id, user_id }).subject() {
        Ok(subject) => subject,
        Err(error) => {
            let cards = cards(state, &signed_out.subject).await;
            return InitialState { signed_in: true, cards, notice: Some(error), ..signed_out };
        }
    };
    let cards = cards(state, &subject).await;
    let (first_page, notice) = match items {
        Some(provider) => first_page(state, &subject, &provider, &browser.actor()).await,
        None => (None, None),
    };
    InitialState { signed_in: true, subject, notice, cards, first_page }
}

async fn first_page(
    state: &AppState,
    subject: &Subject,
    provider: &str,
    actor: &Actor,
) -> (Option<FirstPage>, Option<AppError>) {
    let key = match ConnectionKey::new(subject, provider) {
        Ok(key) => key,
        Err(error) => return (None, Some(error.into())),
    };
    match load::start(state, &key, actor).await {
        Ok(load) => (Some(load.first_page().await), None),
        // The card says so, and disconnecting leads back to this address.
        Err(error) if error.code == ErrorCode::NotConnected => (None, None),
        Err(error) => (None, Some(error)),
    }
}

/// Allows scripts from this origin and the inline scripts of this very response, and no others.
fn set_content_security_policy() {
    let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) else { return };
    let policy = format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::try_from(policy) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}
