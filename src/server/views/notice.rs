//! Small views with one message: how an attempt to connect ended, or an error.

use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use leptos::prelude::*;

use super::{Extra, document};
use crate::{
    model::{AppError, ErrorCode, Outcome},
    server::{grants::GrantError, providers::Provider},
};

/// A view with one message. It works without scripts.
pub struct Notice {
    status: StatusCode,
    title: String,
    message: String,
    /// Provider and outcome, for the script that informs the page and closes the popup.
    outcome: Option<(&'static str, &'static str)>,
    /// Where its button leads.
    home: String,
}

impl Notice {
    /// How an attempt to connect ended.
    pub fn outcome(provider: &'static Provider, outcome: Outcome, home: String) -> Self {
        let title = match outcome {
            Outcome::Connected | Outcome::ConnectedTwice => format!("{} is connected", provider.name),
            Outcome::AccountKept => "Nothing changed".to_owned(),
            _ => format!("{} is not connected", provider.name),
        };
        let message = match outcome {
            Outcome::Connected => "You can close this window.".to_owned(),
            outcome => outcome.sentence(provider.name),
        };
        Self { status: StatusCode::OK, title, message, outcome: Some((provider.slug, outcome.as_str())), home }
    }

    /// A message that is not an error.
    pub fn message(title: String, message: String, home: String) -> Self {
        Self { status: StatusCode::OK, title, message, outcome: None, home }
    }
}

impl From<AppError> for Notice {
    fn from(error: AppError) -> Self {
        Self {
            status: error.code.status(),
            title: title(error.code).to_owned(),
            message: error.detail,
            outcome: None,
            home: "/".to_owned(),
        }
    }
}

impl From<GrantError> for Notice {
    fn from(error: GrantError) -> Self {
        AppError::from(error).into()
    }
}

/// The title of an error: the thing itself, in a few words.
fn title(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::InvalidInput | ErrorCode::MissingField | ErrorCode::TooLarge => "That address or form isn't valid",
        ErrorCode::Unauthorized => "You aren't signed in",
        ErrorCode::Forbidden => "That isn't allowed",
        ErrorCode::NotFound | ErrorCode::MethodNotAllowed => "Nothing here",
        ErrorCode::NotConnected => "Not connected",
        ErrorCode::NotConfigured => "Not configured",
        ErrorCode::ReconnectRequired => "Reconnect to go on",
        ErrorCode::BodyTimeout => "The request was too slow",
        ErrorCode::RateLimited => "Too many requests",
        ErrorCode::LinkExpired => "This link no longer works",
        ErrorCode::ClientRejected => "The provider rejects Tributary",
        ErrorCode::ProviderUnavailable => "The provider isn't responding",
        ErrorCode::StoreUnavailable => "Tributary can't reach its store",
        ErrorCode::Internal | ErrorCode::Disconnected => "Something went wrong",
    }
}

impl IntoResponse for Notice {
    fn into_response(self) -> Response {
        let (provider, outcome) = self.outcome.unzip();
        let body = view! {
            <body class="notice" data-provider=provider data-outcome=outcome>
                <main>
                    <h1>{self.title.clone()}</h1>
                    <p>{self.message}</p>
                    <p><a class="button" href=self.home>"Go to Tributary"</a></p>
                </main>
            </body>
        };
        let extra = if provider.is_some() { Extra::Script("/connected.js") } else { Extra::Nothing };
        (self.status, Html(document(&self.title, extra, body.to_html()))).into_response()
    }
}
