//! Everything the page can ask of the server.
//!
//! Each function acts for a [`Subject`](crate::model::Subject) that the signed-in operator chose; the server checks who is asking before any
//! of these runs (`server::access`).
#![expect(missing_docs, reason = "the macro makes a struct of each function's arguments, and documents it nowhere")]

use leptos::prelude::*;

use crate::{
    jsonl::{JsonLines, Lines},
    model::{AppError, Card, LoadEvent},
};

/// How the subject stands with each provider.
#[server(endpoint = "cards")]
pub async fn cards(org_id: String, user_id: String) -> Result<Vec<Card>, AppError> {
    use crate::{
        model::Subject,
        server::{AppState, views},
    };
    let subject = Subject::new(org_id, user_id)?;
    Ok(views::cards(&expect_context::<AppState>(), &subject).await)
}

/// Loads everything of one connection, as it arrives. Dropping the stream stops the load at the provider.
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

/// Revokes the grant at the provider where that can be done, and forgets it. What happened, and what is left to do.
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
