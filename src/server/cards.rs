//! How a user stands with every provider: what the page's cards show.

use futures::future::join_all;

use super::{AppState, providers};
use crate::model::{Card, CardState, ErrorCode, Subject};

/// One card a provider. A store that is away makes the cards say so; it does not fail the page.
pub async fn of(state: &AppState, subject: &Subject) -> Vec<Card> {
    join_all(providers::ALL.iter().map(|provider| async move {
        Card {
            provider: provider.slug.to_owned(),
            name: provider.name.to_owned(),
            sandbox: state.config.provider(provider).sandbox,
            contents: provider.contents.iter().map(|content| content.name.to_owned()).collect(),
            nothing: provider.nothing.to_owned(),
            state: card_state(state, subject, provider).await,
        }
    }))
    .await
}

async fn card_state(state: &AppState, subject: &Subject, provider: &providers::Provider) -> CardState {
    if state.config.provider(provider).client.is_none() {
        return CardState::NotConfigured;
    }
    let connection = async { state.tokens.connection(&state.tokens.key(subject, provider.slug)?).await };
    match connection.await {
        Ok(connection) => CardState::Connected(Box::new(connection)),
        Err(error) if error.code == ErrorCode::NotConnected => CardState::NotConnected,
        Err(error) => CardState::Unknown(error),
    }
}
