//! Pages that are read, for the signed-in operator. They need no script.

use axum::response::Html;
use leptos::prelude::*;

use super::{connect, notice};
use crate::model::Subject;

/// A page with a title, the way back to the subject's connections, and what is inside.
pub(super) fn page(title: &str, subject: &Subject, content: impl IntoView) -> Html<String> {
    let body = view! {
        <body class="record">
            <main>
                <h1>{title.to_owned()}</h1>
                {content}
                <nav>
                    <a href=connect::home(subject)>"Back to the connections"</a>
                    <a href=format!("/audit?{}", subject.query())>"All that happened in "{subject.org_id().to_owned()}</a>
                </nav>
            </main>
        </body>
    };
    Html(notice::document(title, notice::Extra::Style("/record.css"), body.to_html()))
}

/// A time as it is read: to the second, in UTC.
pub(super) fn time(at: &str) -> String {
    let readable = at.replacen('T', " ", 1);
    format!("{} UTC", readable.split(['.', 'Z']).next().unwrap_or_default())
}
