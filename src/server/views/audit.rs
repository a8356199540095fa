//! The audit log of an organisation, for the operator. The view needs no script.

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    response::{Html, IntoResponse},
};
use leptos::prelude::*;
use serde::Deserialize;

use super::{
    Notice,
    document::{operator_view, readable_time},
};
use crate::{
    model::{AppError, AuditEntry, AuditPage, ErrorCode, Subject},
    server::{AppState, access::Browser, providers},
};

/// How many entries are shown at once.
const PAGE_SIZE: usize = 200;

/// The query of the address.
#[derive(Deserialize)]
pub struct AuditQuery {
    org_id: Option<String>,
    /// The user whose connections the link back leads to.
    user_id: Option<String>,
    /// Shows entries before this time only.
    before: Option<String>,
}

/// `GET /audit?org_id=…[&before=…]`.
pub async fn view(
    State(state): State<AppState>,
    browser: Browser,
    query: Result<Query<AuditQuery>, QueryRejection>,
) -> Result<impl IntoResponse, Notice> {
    browser.require_signed_in(&state).await?;
    let Ok(Query(AuditQuery { org_id, user_id, before })) = query else {
        let detail = "This address isn't valid. Open Tributary's own page and start there.";
        return Err(AppError::new(ErrorCode::InvalidInput, detail).into());
    };
    let subject = Subject::or_default(org_id, user_id)?;
    let page = state.audit.page(subject.org_id(), before.as_deref(), PAGE_SIZE).await?;
    Ok(render(&subject, before.is_some(), page))
}

fn render(subject: &Subject, is_older: bool, page: AuditPage) -> Html<String> {
    let newest = format!("/audit?{}", subject.query());
    let older = page.next.map(|next| {
        let before = url::form_urlencoded::byte_serialize(next.as_bytes()).collect::<String>();
        format!("{newest}&before={before}")
    });
    let content = view! {
        <p class="hint">"The last 90 days and up to 10,000 entries, newest first. Times are in UTC."</p>
        {table(page.entries, "No activity yet.")}
        <nav aria-label="Older and newer">
            {is_older.then(|| view! { <a href=newest>"Newest"</a> })}
            {older.map(|older| view! { <a href=older>"Older"</a> })}
        </nav>
    };
    operator_view(&format!("Activity in {}", subject.org_id()), subject, content)
}

/// Entries as a table, or a sentence if there are none.
pub(super) fn table(entries: Vec<AuditEntry>, none: &'static str) -> impl IntoView {
    if entries.is_empty() {
        return view! { <p>{none}</p> }.into_any();
    }
    // The roles are explicit because narrow windows show the table as a list.
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label="Activity">
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
    let AuditEntry { at, action, provider, user_id, account, by, from, detail, load: _, count: _ } = entry;
    let name = provider.map(|slug| providers::find(&slug).map_or(slug, |provider| provider.name.to_owned()));
    let connection = [name, account].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let class = if action.is_routine() { "routine" } else { "notable" };
    let time = readable_time(&at);
    let time = time.trim_end_matches(" UTC").to_owned();
    view! {
        <tr role="row" class=class>
            <td role="cell">
                <time datetime=at>{time}</time>
            </td>
            <td role="cell">{action.description()} {detail.map(|detail| view! { <small>{detail}</small> })}</td>
            <td role="cell">{connection} {user_id.map(|user_id| view! { <small>{user_id}</small> })}</td>
            <td role="cell">{by.label()} {from.map(|from| view! { <small>{from}</small> })}</td>
        </tr>
    }
}
