//! The variables of one provider.

use std::net::SocketAddr;

use anyhow::bail;

use super::Reader;
use crate::server::providers::{ClientAuth, ClientCredentials, Provider, Registration};

/// Reads a provider's registration. Without a client id the provider is sandboxed, or else not configured.
pub(super) fn read(provider: &Provider, reader: &Reader, sandbox: Option<SocketAddr>) -> anyhow::Result<Registration> {
    let name = |suffix: &str| provider.variable(suffix);
    let scopes = if provider.scopes.is_empty() { None } else { reader.optional(&name("SCOPES")) };
    let scopes = scopes.unwrap_or_else(|| provider.scopes.to_owned());
    let url = |suffix: &str| anyhow::Ok(reader.url(&name(suffix))?.as_str().trim_end_matches('/').to_owned());
    let (auth_url, api_url) = (url("AUTH_URL")?, url("API_URL")?);

    let client = match (reader.optional(&name("CLIENT_ID")), reader.optional(&name("CLIENT_SECRET"))) {
        (Some(id), Some(secret)) => Some(ClientCredentials { id, secret: Some(secret.into()) }),
        (Some(id), None) if provider.oauth.client_auth == ClientAuth::BasicOrPublic => {
            Some(ClientCredentials { id, secret: None })
        }
        (None, None) => None,
        (id, _) => {
            let (set, missing) = if id.is_some() { ("ID", "SECRET") } else { ("SECRET", "ID") };
            let [set, missing] = [set, missing].map(|suffix| name(&format!("CLIENT_{suffix}")));
            bail!("{set} is set but {missing} is not. Both are in the app's settings at {}.", provider.name);
        }
    };
    Ok(match (client, sandbox) {
        (None, Some(listen)) => Registration::sandbox(provider, listen),
        (client, _) => Registration { client, scopes, auth_url, api_url, sandbox: false },
    })
}
