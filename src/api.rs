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
        server::{AppState, cards},
    };
    let subject = Subject::new(org_id, user_id)?;
    Ok(cards::of(&expect_context::<AppState>(), &subject).await)
}

/// Loads everything from one connection. Dropping the stream cancels the load and its requests to the provider.
#[server(endpoint = "load", output = JsonLines)]
pub async fn load(org_id: String, user_id: String, provider: String) -> Result<Lines<LoadEvent, AppError>, AppError> {
    use crate::{
        model::Subject,
        server::{AppState, load},
    };
    let state = expect_context::<AppState>();
    let load = load::begin(&state, &Subject::new(org_id, user_id)?, &provider).await?;
    Ok(Lines::new(load.events()))
}

/// Deletes the grant, and revokes it if the provider allows that. Returns what happened and what is left for the person
/// to do, as one or two sentences.
#[server(endpoint = "disconnect")]
pub async fn disconnect(org_id: String, user_id: String, provider: String) -> Result<String, AppError> {
    use crate::{
        model::Subject,
        server::{AppState, connect},
    };
    let subject = Subject::new(org_id, user_id)?;
    let ended = connect::disconnect(&expect_context::<AppState>(), &subject, &provider).await?;
    Ok([Some(ended.title), ended.advice].into_iter().flatten().collect::<Vec<_>>().join(" "))
}
