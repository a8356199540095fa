//! The server functions that the page calls.
//!
//! Each acts on behalf of the [`Subject`](crate::model::Subject) that the signed-in operator chose. The server authenticates the request before
//! it runs one (`server::access`).

use leptos::prelude::*;

use crate::{
    jsonl::{JsonLines, Lines},
    model::{AppError, Card, LoadEvent},
};

/// The subject's connection to each provider.
#[server(endpoint = "cards")]
pub async fn cards(org_id: String, user_id: String) -> Result<Vec<Card>, AppError> {
    use crate::{
        model::Subject,
        server::{AppState, views},
    };
    let subject = Subject::new(org_id, user_id)?;
    Ok(views::cards(&expect_context::<AppState>(), &subject).await)
}

/// Loads everything from one connection. Dropping the stream cancels the load and its requests to the provider.
#[server(endpoint = "load", output = JsonLines)]
pub async fn load(org_id: String, user_id: String, provider: String) -> Result<Lines<LoadEvent, AppError>, AppError> {
    use crate::{
        model::Subject,
        server::{AppState, access::Caller, connections::ConnectionKey, load},
    };
    let (state, Caller { actor }) = (expect_context::<AppState>(), expect_context::<Caller>());
    let key = ConnectionKey::new(&Subject::new(org_id, user_id)?, &provider)?;
    Ok(Lines::new(load::start(&state, &key, &actor).await?.events()))
}

/// Deletes the grant, and revokes it if the provider allows that. Returns what happened and what is left for the person
/// to do, as one or two sentences.
#[server(endpoint = "disconnect")]
pub async fn disconnect(org_id: String, user_id: String, provider: String) -> Result<String, AppError> {
    use crate::{
        model::Subject,
        server::{AppState, access::Caller, connect, connections::ConnectionKey},
    };
    let (state, Caller { actor }) = (expect_context::<AppState>(), expect_context::<Caller>());
    let key = ConnectionKey::new(&Subject::new(org_id, user_id)?, &provider)?;
    let disconnected = connect::disconnect(&state, &key, &actor).await?;
    Ok([Some(disconnected.title), disconnected.advice].into_iter().flatten().collect::<Vec<_>>().join(" "))
}
