//! Reading the audit trail: as JSON for programs, as a page for the operator. The page needs no script.

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
    response::{IntoResponse, Response},
};
use http::HeaderMap;
use leptos::prelude::*;
use serde::Deserialize;

use super::{
    AppState,
    access::{self, Caller},
    notice::Notice,
    providers, record, trail,
};
use crate::model::{AppError, AuditEntry, AuditPage, ErrorCode, Subject};

/// How many entries the page shows at once.
const ON_A_PAGE: usize = 200;

/// Which entries are asked for.
#[derive(Deserialize)]
pub struct Asked {
    org_id: Option<String>,
    /// Whose connections the page leads back to.
    user_id: Option<String>,
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
    let Ok(Query(asked)) = asked else { return Err(unreadable()) };
    let Some(org_id) = asked.org_id else {
        return Err(AppError::new(ErrorCode::MissingField, "The field org_id is missing."));
    };
    let limit = asked.limit.unwrap_or(100);
    if !(1..=trail::PAGE).contains(&limit) {
        let detail = format!("limit is {limit}. It may be between 1 and {}.", trail::PAGE);
        return Err(AppError::new(ErrorCode::InvalidInput, detail));
    }
    // The user does not matter here.
    let org = Subject::or_default(Some(org_id), None)?;
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
        let Ok(Query(Asked { org_id, user_id, before, .. })) = asked else { return Err(unreadable()) };
        let subject = Subject::or_default(org_id, user_id)?;
        let page = state.trail.read(subject.org_id(), before.as_deref(), ON_A_PAGE).await?;
        Ok(show(&subject, before.is_some(), page))
    };
    shown.await.unwrap_or_else(|error| Notice::error(&error).into_response())
}

fn unreadable() -> AppError {
    let detail = "The query cannot be read. It takes org_id, and may have before (a time) and limit (a number).";
    AppError::new(ErrorCode::InvalidInput, detail)
}

fn show(subject: &Subject, is_older: bool, page: AuditPage) -> Response {
    let address = |before: Option<&str>| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("org_id", subject.org_id()).append_pair("user_id", subject.user_id());
        before.map(|before| query.append_pair("before", before));
        format!("/audit?{}", query.finish())
    };
    let content = view! {
        <p class="hint">"Kept for 90 days, and no more than 10,000 entries. The latest is on top; times are UTC."</p>
        {table(page.entries, "Nothing has happened.")}
        <nav aria-label="Older and newer">
            {is_older.then(|| view! { <a href=address(None)>"The latest"</a> })}
            {page.next.map(|next| view! { <a href=address(Some(&next))>"What was before"</a> })}
        </nav>
    };
    record::page(&format!("What happened in {}", subject.org_id()), subject, content).into_response()
}

/// Entries as a table, or a word that there are none.
pub(super) fn table(entries: Vec<AuditEntry>, none: &'static str) -> impl IntoView {
    if entries.is_empty() {
        return view! { <p>{none}</p> }.into_any();
    }
    // The roles are said because a narrow page shows the table as a list.
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label="What happened">
            <table role="table">
                <thead>
                    <tr role="row">
                        <th scope="col" role="columnheader">"When"</th>
                        <th scope="col" role="columnheader">"What"</th>
                        <th scope="col" role="columnheader">"Connection"</th>
                        <th scope="col" role="columnheader">"By"</th>
                    </tr>
                </thead>
                <tbody>{entries.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(entry: AuditEntry) -> impl IntoView {
    let AuditEntry { at, action, provider, user_id, account, by, from, detail } = entry;
    let name = provider.map(|slug| providers::find(&slug).map_or(slug, |provider| provider.name.to_owned()));
    let connection = [name, account].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let class = if action.is_routine() { "routine" } else { "lasting" };
    let time = record::time(&at);
    let time = time.trim_end_matches(" UTC").to_owned();
    view! {
        <tr role="row" class=class>
            <td role="cell">
                <time datetime=at>{time}</time>
            </td>
            <td role="cell">{action.description()} {detail.map(|detail| view! { <small>{detail}</small> })}</td>
            <td role="cell">{connection} {user_id.map(|user_id| view! { <small>"of " {user_id}</small> })}</td>
            <td role="cell">{by.label()} {from.map(|from| view! { <small>{from}</small> })}</td>
        </tr>
    }
}
