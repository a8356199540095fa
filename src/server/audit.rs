//! Reading the audit trail: as JSON for programs, as a page for the operator. The page needs no script.

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
    response::{Html, IntoResponse, Response},
};
use http::HeaderMap;
use leptos::prelude::*;
use serde::Deserialize;

use super::{
    AppState,
    access::{self, Caller},
    notice::{self, Notice},
    providers, trail,
};
use crate::model::{AppError, AuditEntry, AuditPage, ErrorCode, Subject};

/// How many entries the page shows at once.
const ON_A_PAGE: usize = 200;

/// Which entries are asked for.
#[derive(Deserialize)]
pub struct Asked {
    org_id: Option<String>,
    /// Entries before this time alone.
    before: Option<String>,
    /// No more than so many.
    limit: Option<usize>,
}

/// `GET /audit.json?org_id=…[&before=…][&limit=…]`: [`AuditPage`] as JSON.
pub async fn entries(
    State(state): State<AppState>,
    _caller: Caller,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<AuditPage>, AppError> {
    let Ok(Query(asked)) = asked else {
        let detail = "The query cannot be read. It takes org_id, and may have before (a time) and limit (a number).";
        return Err(AppError::new(ErrorCode::InvalidInput, detail));
    };
    let Some(org_id) = asked.org_id else {
        return Err(AppError::new(ErrorCode::MissingField, "The field org_id is missing."));
    };
    let limit = asked.limit.unwrap_or(100);
    if !(1..=trail::PAGE).contains(&limit) {
        let detail = format!("limit is {limit}. It may be between 1 and {}.", trail::PAGE);
        return Err(AppError::new(ErrorCode::InvalidInput, detail));
    }
    let org = organisation(Some(org_id))?;
    Ok(Json(state.trail.read(org.org_id(), asked.before.as_deref(), limit).await?))
}

/// `GET /audit?org_id=…[&before=…]`: the same as a page.
pub async fn page(
    State(state): State<AppState>,
    headers: HeaderMap,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let shown = async {
        if !access::is_signed_in(&state, &headers).await? {
            return Err(access::not_signed_in());
        }
        let (org_id, before) = asked.map(|Query(asked)| (asked.org_id, asked.before)).unwrap_or_default();
        let org = organisation(org_id)?;
        let page = state.trail.read(org.org_id(), before.as_deref(), ON_A_PAGE).await?;
        Ok(show(&org, before.is_some(), page))
    };
    shown.await.unwrap_or_else(|error| Notice::error(&error).into_response())
}

/// An organisation, checked as in all other places; the user in it does not matter.
fn organisation(org_id: Option<String>) -> Result<Subject, AppError> {
    Subject::chosen(org_id, None)
}

fn show(org: &Subject, is_older: bool, page: AuditPage) -> Response {
    let query = |pairs: &[(&str, &str)]| {
        let pairs = [&[("org_id", org.org_id())], pairs].concat();
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    };
    let title = format!("What happened in {}", org.org_id());
    let older = page.next.as_deref().map(|next| format!("/audit?{}", query(&[("before", next)])));
    let latest = is_older.then(|| format!("/audit?{}", query(&[])));
    let none = if is_older { "Nothing before that." } else { "Nothing has happened yet." };
    let empty = page.entries.is_empty();
    let body = view! {
        <body class="trail">
            <header class="top">
                <h1>{title.clone()}</h1>
                <a class="button" href=format!("/?{}", query(&[]))>"Back to the connections"</a>
            </header>
            <main>
                <p class="hint">"Kept for 90 days, and no more than 10,000 entries. The latest is on top; times are UTC."</p>
                {if empty {
                    view! { <p>{none}</p> }.into_any()
                } else {
                    view! {
                        <div class="scroll" tabindex="0" role="region" aria-label=title.clone()>
                            <table>
                                <thead>
                                    <tr>
                                        <th scope="col">"When"</th>
                                        <th scope="col">"What"</th>
                                        <th scope="col">"Connection"</th>
                                        <th scope="col">"By"</th>
                                    </tr>
                                </thead>
                                <tbody>{page.entries.into_iter().map(row).collect_view()}</tbody>
                            </table>
                        </div>
                    }
                        .into_any()
                }}
                <p class="pages">
                    {latest.map(|latest| view! { <a href=latest>"The latest"</a> })}
                    {older.map(|older| view! { <a href=older>"What was before"</a> })}
                </p>
            </main>
        </body>
    };
    Html(notice::document(&title, None, body.to_html())).into_response()
}

fn row(entry: AuditEntry) -> impl IntoView {
    let AuditEntry { at, action, provider, user_id, account, by, from, detail } = entry;
    let time = at.replacen('T', " ", 1);
    let time = time.split(['.', 'Z']).next().unwrap_or_default().to_owned();
    let name = provider.map(|slug| providers::find(&slug).map_or(slug, |provider| provider.name.to_owned()));
    let connection = [name, account].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let class = if action.is_routine() { "routine" } else { "lasting" };
    view! {
        <tr class=class>
            <td>
                <time datetime=at>{time}</time>
            </td>
            <td>{action.words()} {detail.map(|detail| view! { <small>{detail}</small> })}</td>
            <td>{connection} {user_id.map(|user_id| view! { <small>"of " {user_id}</small> })}</td>
            <td>{by.words()} {from.map(|from| view! { <small>{from}</small> })}</td>
        </tr>
    }
}
