//! How one provider is reached, and as whom.

use std::net::SocketAddr;

use anyhow::bail;
use secrecy::SecretString;

use super::reader::Reader;
use crate::server::providers::{ClientAuth, Endpoint, Provider};

/// One provider's app registration and addresses.
#[derive(Debug, Clone)]
pub struct ProviderConfig {
    /// `…_CLIENT_ID` and `…_CLIENT_SECRET`; `None` when the provider is not configured and the sandbox is off.
    pub client: Option<ClientCredentials>,
    /// `…_SCOPES`, separated by spaces; empty where a provider has none.
    pub scopes: String,
    /// `…_AUTH_URL`: where people approve; no slash at the end.
    pub auth_url: String,
    /// `…_API_URL`: where data is asked for; no slash at the end.
    pub api_url: String,
    /// Whether the sandbox stands in for it.
    pub sandbox: bool,
}

/// What the provider knows us by.
#[derive(Debug, Clone)]
pub struct ClientCredentials {
    /// Public.
    pub id: String,
    /// Ours and the provider's; `None` for a public client, where a provider has such.
    pub secret: Option<SecretString>,
}

impl ProviderConfig {
    pub(super) fn read(provider: &Provider, reader: &Reader, sandbox: Option<SocketAddr>) -> anyhow::Result<Self> {
        let name = |suffix: &str| provider.variable(suffix);
        let chosen = if provider.scopes.is_empty() { None } else { reader.optional(&name("SCOPES")) };
        let scopes = chosen.unwrap_or_else(|| provider.scopes.to_owned());
        let address =
            |suffix: &str| Ok::<_, anyhow::Error>(reader.url(&name(suffix))?.as_str().trim_end_matches('/').to_owned());
        let (auth_url, api_url) = (address("AUTH_URL")?, address("API_URL")?);

        let client = match (reader.optional(&name("CLIENT_ID")), reader.optional(&name("CLIENT_SECRET"))) {
            (Some(id), Some(secret)) => Some(ClientCredentials { id, secret: Some(secret.into()) }),
            (Some(id), None) if provider.oauth.client == ClientAuth::BasicOrPublic => {
                Some(ClientCredentials { id, secret: None })
            }
            (None, None) => None,
            (id, _) => {
                let (there, missing) = if id.is_some() { ("ID", "SECRET") } else { ("SECRET", "ID") };
                let (there, missing) = (name(&format!("CLIENT_{there}")), name(&format!("CLIENT_{missing}")));
                bail!("{there} is set but {missing} is not. Both are in the app's settings at {}.", provider.name);
            }
        };
        match (client, sandbox) {
            (None, Some(listen)) => Ok(Self::sandbox(provider, listen)),
            (client, _) => Ok(Self { client, scopes, auth_url, api_url, sandbox: false }),
        }
    }

    /// Where an endpoint is.
    pub fn address(&self, endpoint: &Endpoint) -> String {
        match endpoint {
            Endpoint::Auth(path) => format!("{}{path}", self.auth_url),
            Endpoint::Api(path) => format!("{}{path}", self.api_url),
        }
    }

    /// The stand-in for a provider, at the sandbox that listens there.
    pub fn sandbox(provider: &Provider, listen: SocketAddr) -> Self {
        let base = format!("http://{listen}/{}", provider.slug);
        Self {
            client: Some(ClientCredentials {
                id: "tributary-sandbox".into(),
                secret: Some("sandbox-secret".to_owned().into()),
            }),
            scopes: provider.scopes.to_owned(),
            auth_url: base.clone(),
            api_url: base,
            sandbox: true,
        }
    }
}
