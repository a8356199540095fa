//! One connection in full, with its recent activity. The view needs no script.

use axum::{
    extract::{Path, Query, State, rejection::QueryRejection},
    response::{Html, IntoResponse},
};
use leptos::prelude::*;

use super::{
    Notice, SubjectQuery,
    audit::table,
    document::{operator_view, readable_time},
};
use crate::{
    model::{AppError, AuditEntry, Connection, ErrorCode, Status, Subject},
    server::{AppState, access::Browser, connections::ConnectionKey},
};

/// How many of the organisation's audit entries are searched for those of this connection.
const SEARCHED_ENTRIES: usize = 1_000;

/// How many of them are shown.
const SHOWN_ENTRIES: usize = 20;

/// `GET /connections/{provider}?org_id=…&user_id=…`.
pub async fn view(
    State(state): State<AppState>,
    Path(provider): Path<String>,
    query: Result<Query<SubjectQuery>, QueryRejection>,
    browser: Browser,
) -> Result<impl IntoResponse, Notice> {
    browser.require_signed_in(&state).await?;
    let Ok(Query(query)) = query else {
        let detail = "This address isn't valid. Open Tributary's own page and start there.";
        return Err(AppError::new(ErrorCode::InvalidInput, detail).into());
    };
    let key = ConnectionKey::new(&query.subject()?, &provider).map_err(AppError::from)?;
    let connection = state.grants.connection(&key).await?;
    let mut entries = state.audit.page(key.subject.org_id(), None, SEARCHED_ENTRIES).await?.entries;
    let is_of_connection = |entry: &AuditEntry| {
        entry.provider.as_deref() == Some(key.provider.slug) && entry.user_id.as_deref() == Some(key.subject.user_id())
    };
    entries.retain(is_of_connection);
    entries.truncate(SHOWN_ENTRIES);
    Ok(render(key.provider.name, &key.subject, connection, entries))
}

fn render(name: &str, subject: &Subject, connection: Connection, entries: Vec<AuditEntry>) -> Html<String> {
    let title = format!("{name}: {}", connection.account.label());
    let content = view! {
        <dl>{facts(connection).into_iter().map(|(term, value)| view! { <dt>{term}</dt> <dd>{value}</dd> }).collect_view()}</dl>
        <h2>"Recent activity"</h2>
        {table(entries, "No recent activity.")}
    };
    operator_view(&title, subject, content)
}

/// Everything that is known about a connection, as terms and values.
fn facts(connection: Connection) -> Vec<(&'static str, String)> {
    let is_active = connection.status == Status::Active;
    let next_refresh = match (&connection.next_refresh_at, connection.renewable) {
        (Some(at), _) => readable_time(at),
        (None, false) => "never: the provider didn't issue a refresh token".to_owned(),
        (None, true) if connection.expires_at.is_none() => "not needed: the token doesn't expire".to_owned(),
        (None, true) => "on use, shortly before the token expires".to_owned(),
    };
    let last_24h =
        format!("{} succeeded, {} failed", connection.refreshes_last_24h, connection.refresh_failures_last_24h);
    let facts = [
        ("Status", Some(if is_active { "Active" } else { "Reconnect required" }.to_owned())),
        ("Reason", connection.reason),
        ("Account", Some(connection.account.label())),
        ("Scopes", Some(connection.scopes.join(", "))),
        ("Missing scopes", Some(connection.missing_scopes.join(", ")).filter(|scopes| !scopes.is_empty())),
        ("Connected", Some(readable_time(&connection.connected_at))),
        ("Last used", Some(readable_time(&connection.last_used_at))),
        ("Last refreshed", connection.last_refreshed_at.as_deref().map(readable_time)),
        ("Refreshes in the last 24 hours", Some(last_24h)),
        ("Last access error", connection.last_access_error),
        ("Last refresh error", connection.last_refresh_error),
        ("Token expires", connection.expires_at.as_deref().map(readable_time)),
        ("Next refresh", is_active.then_some(next_refresh)),
        ("Expires unless it's used by", connection.must_be_used_before.as_deref().map(readable_time)),
    ];
    facts.into_iter().filter_map(|(term, value)| Some((term, value?))).collect()
}
