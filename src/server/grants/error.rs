//! The errors that callers of this module match on. They become an [`AppError`] once, at the edge.

use crate::{
    model::{AppError, ErrorCode},
    server::{
        crypto::SealedError,
        error::internal,
        providers::{
            Provider,
            client::{
                TokenError,
                oauth::{NotConfigured, OAuthError},
            },
        },
        store::StoreError,
    },
};

/// Why a grant cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    #[error("not connected")]
    NotConnected(&'static Provider),
    /// The grant is dead, or was made for another client or with another key. The reason is a sentence.
    #[error("reconnect required: {reason}")]
    ReconnectRequired { provider: &'static Provider, reason: String },
    /// Another account was connected while this one was in use.
    #[error("another account was connected")]
    AccountChanged(&'static Provider),
    #[error("not configured")]
    NotConfigured(&'static Provider),
    /// The provider rejects our client id or secret. Holds a sentence.
    #[error("{0}")]
    ClientRejected(String),
    /// A temporary failure at the provider. Holds a sentence.
    #[error("{0}")]
    ProviderUnavailable(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A bug.
    #[error("{0:#}")]
    Internal(#[from] anyhow::Error),
}

impl From<NotConfigured> for GrantError {
    fn from(NotConfigured(provider): NotConfigured) -> Self {
        Self::NotConfigured(provider)
    }
}

impl From<SealedError> for GrantError {
    fn from(error: SealedError) -> Self {
        match error {
            SealedError::Store(error) => Self::Store(error),
            SealedError::Internal(error) => Self::Internal(error),
        }
    }
}

impl GrantError {
    /// The error of a token endpoint that concerns this provider.
    pub(super) fn from_oauth(provider: &'static Provider, error: OAuthError) -> Self {
        match error {
            OAuthError::InvalidGrant(reason) => Self::ReconnectRequired { provider, reason },
            OAuthError::InvalidClient(detail) => Self::ClientRejected(detail),
            OAuthError::Unavailable(detail) | OAuthError::NoResponse(detail) => Self::ProviderUnavailable(detail),
        }
    }
}

impl From<GrantError> for AppError {
    fn from(error: GrantError) -> Self {
        match error {
            GrantError::NotConnected(Provider { name, .. }) => {
                Self::new(ErrorCode::NotConnected, format!("This user has not connected {name}. Connect {name} first."))
            }
            GrantError::ReconnectRequired { provider, reason } => Self::reconnect(provider.name, &reason),
            GrantError::AccountChanged(Provider { name, .. }) => Self::new(
                ErrorCode::NotConnected,
                format!("Another {name} account was connected during the load. Load again."),
            ),
            GrantError::NotConfigured(provider) => {
                let (id, secret) = (provider.variable("CLIENT_ID"), provider.variable("CLIENT_SECRET"));
                let name = provider.name;
                let detail = format!(
                    "{name} is not configured. Set {id} and {secret}, or on your own machine TRIBUTARY_SANDBOX=on for test data."
                );
                Self::new(ErrorCode::NotConfigured, detail)
            }
            GrantError::ClientRejected(detail) => Self::new(ErrorCode::ClientRejected, detail),
            GrantError::ProviderUnavailable(detail) => Self::new(ErrorCode::ProviderUnavailable, detail),
            GrantError::Store(error) => error.into(),
            GrantError::Internal(error) => internal(&error),
        }
    }
}

impl From<GrantError> for TokenError {
    fn from(error: GrantError) -> Self {
        match error {
            GrantError::ProviderUnavailable(reason) => Self::Unavailable(reason),
            error => Self::Final(error.into()),
        }
    }
}
