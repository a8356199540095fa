//! The page, rendered with everything it starts with.

use axum::{
    extract::{Query, Request, State, rejection::QueryRejection},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, header};
use leptos::{config::LeptosOptions, nonce::use_nonce, prelude::*};
use leptos_axum::ResponseOptions;
use serde::Deserialize;

use super::{AppState, access, cards, load};
use crate::{
    app::shell,
    model::{AppError, ErrorCode, FirstPage, InitialState, Subject},
};

/// What the address of the page may say. Forms put it there, so it works without WASM.
#[derive(Deserialize, Default)]
pub struct Address {
    org_id: Option<String>,
    user_id: Option<String>,
    /// The provider whose first items are to be rendered.
    items: Option<String>,
}

/// `GET /`.
pub async fn home(
    State(state): State<AppState>,
    address: Result<Query<Address>, QueryRejection>,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let readable = address.is_ok();
    let address = address.map(|Query(address)| address).unwrap_or_default();
    let mut initial_state = initial_state(&state, address, &headers).await;
    if initial_state.signed_in && !readable {
        let detail = "This address cannot be read, so the page shows the default user.";
        initial_state.notice = Some(AppError::new(ErrorCode::InvalidInput, detail));
    }
    let status = initial_state.notice.as_ref().map(|error| error.code.status()).unwrap_or_default();
    let options = LeptosOptions::builder().output_name("tributary").build();
    let context = move || {
        provide_context(initial_state.clone());
        set_policy();
    };
    let render = leptos_axum::render_app_to_stream_with_context(context, move || shell(options.clone()));
    let mut response = render(request).await.into_response();
    *response.status_mut() = status;
    response
}

async fn initial_state(state: &AppState, address: Address, headers: &HeaderMap) -> InitialState {
    let nobody = InitialState::default();
    match access::is_signed_in(state, headers).await {
        Ok(true) => {}
        Ok(false) => return nobody,
        Err(error) => return InitialState { notice: Some(error), ..nobody },
    }
    let subject = match Subject::or_default(address.org_id, address.user_id) {
        Ok(subject) => subject,
        Err(error) => {
            let cards = cards::of(state, &nobody.subject).await;
            return InitialState { signed_in: true, cards, notice: Some(error), ..nobody };
        }
    };
    let cards = cards::of(state, &subject).await;
    let first_page = match address.items {
        Some(provider) => Some(first_page(state, &subject, &provider).await),
        None => None,
    };
    let (first_page, notice) = match first_page.transpose() {
        Ok(first_page) => (first_page, None),
        // The card says that, and whoever has just disconnected comes back to this address.
        Err(error) if error.code == ErrorCode::NotConnected => (None, None),
        Err(error) => (None, Some(error)),
    };
    InitialState { signed_in: true, subject, notice, cards, first_page }
}

async fn first_page(state: &AppState, subject: &Subject, provider: &str) -> Result<FirstPage, AppError> {
    Ok(load::begin(state, subject, provider).await?.first_page().await)
}

/// Only our own scripts run: those from this origin, and the inline ones of this very answer.
fn set_policy() {
    let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) else { return };
    let policy = format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::try_from(policy) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}
