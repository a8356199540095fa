//! Connecting an account: from our page to the provider's and back (OAuth 2, authorization code with PKCE and state).

mod account_choice;
mod attempt;
mod authorize;
mod callback;
mod disconnect;
mod link;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    connections::{ConnectionKey, UnknownProvider},
    crypto::digest,
    grants::GrantError,
};
use crate::model::{Outcome, Subject};

pub use account_choice::{choose as choose_account, view as account_choice};
pub use authorize::{authorize, view as authorize_view};
pub use callback::{NothingFound, callback, connected};
pub use disconnect::{disconnect, disconnect_form};
pub use link::create as create_link;

/// How long an attempt, a connect link and a question to the user are valid.
const LIFETIME: Duration = Duration::from_secs(600);

/// A connection inside a sealed record.
#[derive(Serialize, Deserialize)]
struct Target {
    subject: Subject,
    provider: String,
}

impl Target {
    fn new(key: &ConnectionKey) -> Self {
        Self { subject: key.subject.clone(), provider: key.provider.slug.to_owned() }
    }

    fn key(&self) -> Result<ConnectionKey, UnknownProvider> {
        ConnectionKey::new(&self.subject, &self.provider)
    }
}

/// The key of a sealed record to which a secret gives access.
fn sealed_key(kind: &str, secret: &str) -> String {
    format!("{kind}/{}", digest(secret))
}

/// The outcome of an attempt that failed.
impl From<GrantError> for Outcome {
    fn from(error: GrantError) -> Self {
        match error {
            GrantError::Store(_) | GrantError::Internal(_) => tracing::error!(%error, "connecting failed"),
            _ => tracing::warn!(%error, "connecting failed"),
        }
        match error {
            GrantError::ProviderUnavailable(_) => Self::ProviderUnavailable,
            GrantError::Store(_) => Self::StoreUnavailable,
            GrantError::ReconnectRequired { .. } | GrantError::ClientRejected(_) => Self::Rejected,
            GrantError::NotConnected(_)
            | GrantError::AccountChanged(_)
            | GrantError::NotConfigured(_)
            | GrantError::Internal(_) => Self::Failed,
        }
    }
}
