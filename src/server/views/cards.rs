//! A user's connections to all providers, as the page shows them.

use futures::future::join_all;

use crate::{
    model::{Card, CardState, Subject},
    server::{
        AppState,
        connections::ConnectionKey,
        grants::GrantError,
        providers::{self, Provider},
    },
};

/// One card for each provider. If the store is unavailable, the cards say so.
pub async fn cards(state: &AppState, subject: &Subject) -> Vec<Card> {
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

async fn card_state(state: &AppState, subject: &Subject, provider: &'static Provider) -> CardState {
    if state.config.provider(provider).client.is_none() {
        return CardState::NotConfigured;
    }
    let key = ConnectionKey { subject: subject.clone(), provider };
    match state.grants.connection(&key).await {
        Ok(connection) => CardState::Connected(Box::new(connection)),
        Err(GrantError::NotConnected(_)) => CardState::NotConnected,
        Err(error) => CardState::Unknown(error.into()),
    }
}
