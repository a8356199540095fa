//! `GET /connections/{provider}`: one connection in full, and what happened to it lately. The page needs no script.

use axum::{
    extract::{Path, Query, State, rejection::QueryRejection},
    response::{IntoResponse, Response},
};
use http::HeaderMap;
use leptos::prelude::*;

use super::{AppState, access, audit, connect::OnBehalf, notice::Notice, record};
use crate::model::{AppError, AuditEntry, Connection, ErrorCode, Status, Subject};

/// How many entries of the organisation's trail are looked through for this connection's.
const LOOKED_THROUGH: usize = 1_000;

/// How many of them are shown.
const SHOWN: usize = 20;

/// The page.
pub async fn page(
    State(state): State<AppState>,
    Path(provider): Path<String>,
    on_behalf: Result<Query<OnBehalf>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let shown = async {
        if !access::is_signed_in(&state, &headers).await? {
            return Err(access::not_signed_in());
        }
        let Ok(Query(OnBehalf { org_id, user_id })) = on_behalf else {
            return Err(AppError::new(
                ErrorCode::InvalidInput,
                "This address cannot be read. Go to the page and start there.",
            ));
        };
        let key = state.tokens.key(&Subject::or_default(org_id, user_id)?, &provider)?;
        let connection = state.tokens.connection(&key).await?;
        let mut entries = state.trail.read(key.subject.org_id(), None, LOOKED_THROUGH).await?.entries;
        let is_of_this = |entry: &AuditEntry| {
            entry.provider.as_deref() == Some(key.provider.slug)
                && entry.user_id.as_deref() == Some(key.subject.user_id())
        };
        entries.retain(is_of_this);
        entries.truncate(SHOWN);
        Ok(show(key.provider.name, &key.subject, connection, entries))
    };
    shown.await.unwrap_or_else(|error| Notice::error(&error).into_response())
}

fn show(name: &str, subject: &Subject, connection: Connection, entries: Vec<AuditEntry>) -> Response {
    let title = format!("{name}: {}", connection.account.label());
    let content = view! {
        <dl>{rows(connection).into_iter().map(|(term, value)| view! { <dt>{term}</dt> <dd>{value}</dd> }).collect_view()}</dl>
        <h2>"What happened lately"</h2>
        {audit::table(entries, "Nothing, as far as the latest entries tell.")}
    };
    record::page(&title, subject, content).into_response()
}

/// All that is known of a connection, as terms and values.
fn rows(connection: Connection) -> Vec<(&'static str, String)> {
    let status = match connection.status {
        Status::Active => "active".to_owned(),
        Status::ReconnectRequired => "has to be connected again".to_owned(),
    };
    let renewal = match (&connection.next_refresh_at, connection.renewable) {
        (Some(at), _) => record::time(at),
        (None, false) => "never: the provider gave nothing to renew the access with".to_owned(),
        (None, true) if connection.expires_at.is_none() => "not needed: its token does not end by itself".to_owned(),
        (None, true) => "when it is used and its token is about to end".to_owned(),
    };
    let renewal = (connection.status == Status::Active).then_some(renewal);
    let lately =
        format!("{} went well, {} failed", connection.refreshes_last_24h, connection.refresh_failures_last_24h);
    let rows = [
        ("Status", Some(status)),
        ("Why", connection.reason),
        ("Account", Some(connection.account.label())),
        ("Allowed", Some(connection.scopes.join(", "))),
        ("Not allowed", Some(connection.missing_scopes.join(", ")).filter(|missing_scopes| !missing_scopes.is_empty())),
        ("Connected", Some(record::time(&connection.connected_at))),
        ("Last used", Some(record::time(&connection.last_used_at))),
        ("Last refreshed", connection.last_refreshed_at.as_deref().map(record::time)),
        ("Refreshes in the last day", Some(lately)),
        ("The last refresh failed", connection.last_refresh_error),
        ("Token ends", connection.expires_at.as_deref().map(record::time)),
        ("Next refresh", renewal),
        ("Must be used before", connection.must_be_used_before.as_deref().map(record::time)),
    ];
    rows.into_iter().filter_map(|(term, value)| Some((term, value?))).collect()
}
