//! HTML documents without WASM.

use axum::response::Html;
use leptos::prelude::*;

use super::home_path;
use crate::model::Subject;

/// What a document needs besides the common style sheet.
pub enum Extra {
    Nothing,
    /// A script of ours.
    Script(&'static str),
    /// A further style sheet.
    Style(&'static str),
}

/// A document with this title and body.
pub fn document(title: &str, extra: Extra, body: String) -> String {
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

/// A view for the signed-in operator, with a way back to the subject's connections.
pub(super) fn operator_view(title: &str, subject: &Subject, content: impl IntoView) -> Html<String> {
    let body = view! {
        <body class="view">
            <main>
                <h1>{title.to_owned()}</h1>
                {content}
                <nav>
                    <a href=home_path(subject)>"Back to connections"</a>
                    <a href=format!("/audit?{}", subject.query())>"Activity in "{subject.org_id().to_owned()}</a>
                </nav>
            </main>
        </body>
    };
    Html(document(title, Extra::Style("/view.css"), body.to_html()))
}

/// A time for a person: to the second, in UTC.
pub(super) fn readable_time(rfc3339: &str) -> String {
    let readable = rfc3339.replacen('T', " ", 1);
    format!("{} UTC", readable.split(['.', 'Z']).next().unwrap_or_default())
}
