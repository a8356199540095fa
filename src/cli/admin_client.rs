//! Requests of a command to the running server, with the operator's API key.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, bail};
use http::{Method, StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::server::{
    config::{ADDRESS, ADMIN_KEY_FILE, DataDir, Reader},
    set_up_process,
};

/// A client of the running server.
pub(super) struct AdminClient {
    listen: SocketAddr,
    api_key: SecretString,
}

impl AdminClient {
    /// A client for the server that the environment describes. Reading it creates nothing.
    pub(super) fn from_env() -> anyhow::Result<Self> {
        let reader = Reader(&|name| std::env::var(name).ok());
        let api_key = match reader.optional("TRIBUTARY_API_KEY") {
            Some(key) => key.into(),
            None => DataDir::new(reader.text("TRIBUTARY_DATA_DIR").into()).read(ADMIN_KEY_FILE)?.context(
                "the data folder has no file admin-key. Run this where the server runs, or set TRIBUTARY_DATA_DIR or TRIBUTARY_API_KEY as for the server",
            )?,
        };
        Ok(Self { listen: reader.parsed("TRIBUTARY_LISTEN", ADDRESS)?, api_key })
    }

    /// Sends a request and parses the response.
    pub(super) async fn request<T: DeserializeOwned>(&self, method: Method, path: &str) -> anyhow::Result<T> {
        let listen = self.listen;
        let request = local_client()?
            .request(method, format!("http://{listen}{path}"))
            // The server knows this host whatever address it listens on.
            .header(header::HOST, format!("localhost:{}", listen.port()))
            .bearer_auth(self.api_key.expose_secret());
        let response = request.send().await.with_context(|| {
            format!(
                "no server responds at {listen}. Start it with `tributary serve`, or set TRIBUTARY_LISTEN to the address it listens on"
            )
        })?;
        let status = response.status();
        let body: Value = response.json().await.unwrap_or_default();
        match body["detail"].as_str() {
            Some(detail) => bail!("the server at {listen} responded: {detail}"),
            None if status == StatusCode::NO_CONTENT || status.is_success() && !body.is_null() => {
                serde_json::from_value(body)
                    .context("the running server and this command are different versions. Restart the server")
            }
            None => bail!("the server at {listen} (status {status}) is not a Tributary server"),
        }
    }
}

/// An HTTP client for servers on this machine, which bypasses proxies.
pub(super) fn local_client() -> reqwest::Result<reqwest::Client> {
    set_up_process();
    reqwest::Client::builder().no_proxy().connect_timeout(Duration::from_secs(10)).build()
}
