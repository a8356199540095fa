//! How a provider is reached, and the app that is registered there.

use std::net::SocketAddr;

use secrecy::SecretString;

use super::{Endpoint, Provider};

/// The addresses of a provider and our app at it.
#[derive(Debug, Clone)]
pub struct Registration {
    /// `None` when the provider is not configured and the sandbox is off.
    pub client: Option<ClientCredentials>,
    /// The scopes to request, separated by spaces; empty if the provider has no scopes.
    pub scopes: String,
    /// Where users approve, without a trailing slash.
    pub auth_url: String,
    /// The data API, without a trailing slash.
    pub api_url: String,
    /// Whether a stand-in replaces the provider.
    pub sandbox: bool,
}

/// The credentials of a registered app.
#[derive(Debug, Clone)]
pub struct ClientCredentials {
    pub id: String,
    /// `None` for a public client.
    pub secret: Option<SecretString>,
}

impl Registration {
    /// The registration at the provider's stand-in, in a sandbox that listens at this address.
    pub fn sandbox(provider: &Provider, listen: SocketAddr) -> Self {
        let base = format!("http://{listen}/{}", provider.slug);
        let client =
            ClientCredentials { id: "tributary-sandbox".into(), secret: Some("sandbox-secret".to_owned().into()) };
        Self {
            client: Some(client),
            scopes: provider.scopes.to_owned(),
            auth_url: base.clone(),
            api_url: base,
            sandbox: true,
        }
    }

    /// The address of an endpoint.
    pub fn url(&self, endpoint: &Endpoint) -> String {
        match endpoint {
            Endpoint::Auth(path) => format!("{}{path}", self.auth_url),
            Endpoint::Api(path) => format!("{}{path}", self.api_url),
        }
    }
}
