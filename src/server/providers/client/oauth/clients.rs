//! The OAuth clients of all providers.

use std::sync::Arc;

use super::OAuthClient;
use crate::server::providers::{self, Provider, Registration};

/// The OAuth clients of all configured providers.
#[derive(Clone)]
pub struct OAuthClients(Arc<[Option<Arc<OAuthClient>>]>);

/// The operator has not configured the provider.
#[derive(Debug, Clone, Copy)]
pub struct NotConfigured(pub &'static Provider);

impl OAuthClients {
    /// Clients for these registrations, which are in the order of [`providers::ALL`].
    ///
    /// # Errors
    ///
    /// Fails when a configured address is not a URL.
    pub fn new(
        registrations: &[Registration],
        redirect_url: impl Fn(&Provider) -> String,
        http: &reqwest::Client,
    ) -> anyhow::Result<Self> {
        let client = |(provider, registration): (&'static Provider, &Registration)| {
            let credentials = registration.client.as_ref()?;
            let client = OAuthClient::new(provider, registration, credentials, redirect_url(provider), http);
            Some(client.map(Arc::new))
        };
        let clients = providers::ALL.iter().zip(registrations).map(client);
        Ok(Self(clients.map(Option::transpose).collect::<anyhow::Result<_>>()?))
    }

    /// The client of a provider.
    pub fn get(&self, provider: &'static Provider) -> Result<Arc<OAuthClient>, NotConfigured> {
        let index = providers::ALL.iter().position(|other| other.slug == provider.slug);
        index.and_then(|index| self.0[index].clone()).ok_or(NotConfigured(provider))
    }

    /// The id of the registered app at a provider; empty if there is none.
    pub fn client_id(&self, provider: &'static Provider) -> String {
        self.get(provider).map(|client| client.client_id().to_owned()).unwrap_or_default()
    }
}
