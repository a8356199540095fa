//! Small pages that say one thing: the end of an attempt to connect, or an error on the way of a browser.

use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use leptos::prelude::*;

use super::providers::Provider;
use crate::model::{AppError, Outcome};

/// A page that says one thing. It works without scripts.
pub struct Notice {
    status: StatusCode,
    title: String,
    sentence: String,
    /// Provider and outcome, for the script that tells the page and closes the popup.
    tells: Option<(&'static str, &'static str)>,
    /// Where to go on.
    home: String,
}

impl Notice {
    /// An error.
    pub fn error(error: &AppError) -> Self {
        Self {
            status: error.code.status(),
            title: "That did not work".into(),
            sentence: error.detail.clone(),
            tells: None,
            home: "/".to_owned(),
        }
    }

    /// How an attempt to connect ended, with where to go on.
    pub fn outcome(provider: &'static Provider, outcome: Outcome, home: String) -> Self {
        let title = match outcome {
            Outcome::Connected | Outcome::ConnectedTwice => format!("{} is connected", provider.name),
            Outcome::AccountKept => "Nothing was changed".to_owned(),
            _ => format!("{} is not connected", provider.name),
        };
        let sentence = match outcome {
            Outcome::Connected => "You can close this window.".to_owned(),
            outcome => outcome.sentence(provider.name),
        };
        Self { status: StatusCode::OK, title, sentence, tells: Some((provider.slug, outcome.as_str())), home }
    }

    /// Something that went well, and leaves something to do.
    pub fn sentence(title: String, sentence: String, home: String) -> Self {
        Self { status: StatusCode::OK, title, sentence, tells: None, home }
    }
}

impl IntoResponse for Notice {
    fn into_response(self) -> Response {
        let (provider, outcome) = self.tells.unzip();
        let body = view! {
            <body class="notice" data-provider=provider data-outcome=outcome>
                <main>
                    <h1>{self.title.clone()}</h1>
                    <p>{self.sentence}</p>
                    <p><a class="button" href=self.home>"Go to Tributary"</a></p>
                </main>
            </body>
        };
        let extra = if provider.is_some() { Extra::Script("/connected.js") } else { Extra::Nothing };
        (self.status, Html(document(&self.title, extra, body.to_html()))).into_response()
    }
}

/// What a document needs beside the style of all.
pub(super) enum Extra {
    /// Nothing.
    Nothing,
    /// A script of ours.
    Script(&'static str),
    /// Another style.
    Style(&'static str),
}

/// A document without WASM: a title, and what is inside.
pub(super) fn document(title: &str, extra: Extra, body: String) -> String {
    let extra = match extra {
        Extra::Nothing => ().into_any(),
        Extra::Script(script) => view! { <script src=script defer></script> }.into_any(),
        Extra::Style(style) => view! { <link rel="stylesheet" href=style/> }.into_any(),
    };
    let head = view! {
        <head>
            <meta charset="utf-8"/>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <meta name="color-scheme" content="light dark"/>
            <title>{title.to_owned()} " · Tributary"</title>
            <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
            <link rel="stylesheet" href="/pkg/tributary.css"/>
            {extra}
        </head>
    };
    format!("<!DOCTYPE html><html lang=\"en\">{}{body}</html>", head.to_html())
}
