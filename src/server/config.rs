//! Configuration, read once from the environment (and a `.env` file) at the start.
//!
//! Every variable stands in [`variables()`], from which `--help` is made. A bad value stops the start with a sentence.

mod admin;
mod provider;
mod reader;
mod variables;

use std::{net::SocketAddr, path::PathBuf};

use anyhow::{Context, bail};
use secrecy::SecretString;
use url::Url;

use super::{
    data_dir::DataDir,
    providers::{self, Provider},
    tokens::Keyring,
};

pub use admin::{AdminAccess, stored_somewhere};
pub use provider::{ClientCredentials, ProviderConfig};
pub use variables::{Variable, help, variables};

use reader::Reader;

/// Everything that an operator can choose.
#[derive(Debug)]
pub struct Config {
    /// `TRIBUTARY_LISTEN`.
    pub listen: SocketAddr,
    /// `TRIBUTARY_PUBLIC_URL`: the root of a host.
    pub public_url: Url,
    /// `TRIBUTARY_DATA_DIR`.
    pub data_dir: PathBuf,
    /// `REDIS_URL`; the embedded store when unset. Secret, since it may hold a password.
    pub redis_url: Option<SecretString>,
    /// `TRIBUTARY_API_KEY`, or the admin key in the data folder.
    pub api_key: SecretString,
    /// `TRIBUTARY_KEEPER`: whether grants are refreshed ahead of time.
    pub keeper: bool,
    /// `TRIBUTARY_ENCRYPTION_KEYS`, or those in the data folder.
    pub encryption_keys: Keyring,
    /// Where the sandbox listens; `None` when it is off or no provider needs it.
    pub sandbox_listen: Option<SocketAddr>,
    /// One for each of [`providers::ALL`], in its order.
    pub providers: Vec<ProviderConfig>,
}

/// What an address variable takes.
const ADDRESS: &str = "an address and port such as 127.0.0.1:8000";

impl Config {
    /// Reads the process's environment. Makes the data folder and what is generated into it.
    pub fn from_env() -> anyhow::Result<Self> {
        Self::read(&|name| std::env::var(name).ok())
    }

    /// Reads variables from anywhere. Empty ones count as unset.
    pub fn read(variables: &dyn Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        let reader = Reader(variables);
        let listen = reader.parsed("TRIBUTARY_LISTEN", ADDRESS)?;
        let public_url = reader.url("TRIBUTARY_PUBLIC_URL")?;
        if public_url.path() != "/" {
            bail!(
                "TRIBUTARY_PUBLIC_URL is {:?}. It takes an address without a path: the page lies at the root of its host.",
                public_url.as_str()
            );
        }
        let data_dir = DataDir::new(reader.text("TRIBUTARY_DATA_DIR").into());
        let redis_url = reader.optional("REDIS_URL").map(SecretString::from);

        let api_key = match reader.optional("TRIBUTARY_API_KEY") {
            Some(key) if key.len() < 16 => bail!(
                "TRIBUTARY_API_KEY is too short to be safe. It takes 16 characters or more; make one with: openssl rand -hex 32"
            ),
            Some(key) => key.into(),
            None => data_dir.secret("admin-key", super::random::token)?,
        };
        let encryption_keys = match reader.optional("TRIBUTARY_ENCRYPTION_KEYS") {
            Some(keys) => Keyring::parse(&keys.into()).context("TRIBUTARY_ENCRYPTION_KEYS cannot be used")?,
            None if redis_url.is_some() => bail!(
                "TRIBUTARY_ENCRYPTION_KEYS is not set, and REDIS_URL is: processes that share a store must share the keys. It takes id:key pairs, each key 32 bytes in base64; make one with: echo \"k1:$(openssl rand -base64 32)\""
            ),
            None => Keyring::parse(&data_dir.secret("encryption-keys", Keyring::generate)?)
                .context("the file encryption-keys in the data folder cannot be used")?,
        };

        let keeper = match reader.text("TRIBUTARY_KEEPER").as_str() {
            "on" => true,
            "off" => false,
            other => bail!(
                "TRIBUTARY_KEEPER is {other:?}. It may be on (grants are refreshed ahead of time, and kept alive unused) or off."
            ),
        };

        let sandbox = match reader.text("TRIBUTARY_SANDBOX").as_str() {
            "auto" => Some(reader.parsed::<SocketAddr>("TRIBUTARY_SANDBOX_LISTEN", ADDRESS)?),
            "off" => None,
            other => bail!(
                "TRIBUTARY_SANDBOX is {other:?}. It may be auto (a stand-in answers for every provider without a client id) or off."
            ),
        };
        if let Some(listen) = sandbox.filter(|listen| !listen.ip().is_loopback() || listen.port() == 0) {
            bail!(
                "TRIBUTARY_SANDBOX_LISTEN is {listen}. It takes an address of this machine alone, with a port, such as 127.0.0.1:8001: anybody may sign in to a stand-in."
            );
        }
        let providers = providers::ALL
            .iter()
            .map(|provider| ProviderConfig::read(provider, &reader, sandbox))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let sandbox_listen = sandbox.filter(|_| providers.iter().any(|provider| provider.sandbox));

        Ok(Self {
            listen,
            public_url,
            data_dir: data_dir.into(),
            redis_url,
            api_key,
            keeper,
            encryption_keys,
            sandbox_listen,
            providers,
        })
    }

    /// How a provider is reached.
    pub fn provider(&self, provider: &Provider) -> &ProviderConfig {
        let place = providers::ALL.iter().position(|other| other.slug == provider.slug);
        &self.providers[place.expect("every provider stands in ALL")]
    }

    /// What we registered at the provider: `{public_url}/integrations/{provider}/oauth2callback`.
    pub fn redirect_url(&self, provider: &str) -> String {
        self.public(&format!("/integrations/{provider}/oauth2callback"))
    }

    /// An address of ours as people reach it. `path` begins with a slash.
    pub fn public(&self, path: &str) -> String {
        format!("{}{path}", self.public_url.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn read(variables: &[(&str, &str)]) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let mut all =
            HashMap::from([("TRIBUTARY_DATA_DIR".to_owned(), folder.path().join("data").display().to_string())]);
        all.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Config::read(&|name| all.get(name).cloned()).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn nothing_has_to_be_configured() {
        let config = read(&[]).unwrap();
        assert_eq!(config.redirect_url("hubspot"), "http://localhost:8000/integrations/hubspot/oauth2callback");
        assert!(config.sandbox_listen.is_some() && config.providers.iter().all(|provider| provider.sandbox));
    }

    #[test]
    fn a_bad_value_is_refused_with_the_variables_name_and_what_it_takes() {
        let key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
        for (name, value, says) in [
            ("TRIBUTARY_LISTEN", "8000", "address and port"),
            ("TRIBUTARY_PUBLIC_URL", "localhost:8000", "http://localhost:8000"),
            ("TRIBUTARY_PUBLIC_URL", "https://a.example/?b", "without"),
            ("TRIBUTARY_API_KEY", "short", "16"),
            ("TRIBUTARY_ENCRYPTION_KEYS", "k1", "id:"),
            ("TRIBUTARY_ENCRYPTION_KEYS", "k1:c2hvcnQ=", "32 bytes"),
            ("TRIBUTARY_ENCRYPTION_KEYS", &format!("k1:{key},k1:{key}"), "twice"),
            ("TRIBUTARY_SANDBOX", "on", "auto"),
            ("TRIBUTARY_KEEPER", "yes", "off"),
            ("TRIBUTARY_PUBLIC_URL", "https://a.example/sub", "without a path"),
            ("TRIBUTARY_SANDBOX_LISTEN", "nowhere", "address and port"),
            ("TRIBUTARY_SANDBOX_LISTEN", "0.0.0.0:8001", "this machine alone"),
            ("TRIBUTARY_SANDBOX_LISTEN", "127.0.0.1:0", "with a port"),
            ("HUBSPOT_AUTH_URL", "ftp://x", "http"),
            ("HUBSPOT_CLIENT_ID", "id-without-secret", "HUBSPOT_CLIENT_SECRET"),
        ] {
            let error = read(&[(name, value)]).unwrap_err();
            assert!(error.contains(name) && error.contains(says), "{name}={value}: {error}");
        }
    }

    #[test]
    fn a_shared_store_wants_shared_keys() {
        let error = read(&[("REDIS_URL", "redis://127.0.0.1")]).unwrap_err();
        assert!(error.contains("TRIBUTARY_ENCRYPTION_KEYS"), "{error}");
    }

    #[test]
    fn a_provider_with_a_client_id_is_the_real_one() {
        let config = read(&[("HUBSPOT_CLIENT_ID", "id"), ("HUBSPOT_CLIENT_SECRET", "secret")]).unwrap();
        assert!(!config.providers[0].sandbox);
        assert_eq!(config.providers[0].api_url, "https://api.hubapi.com");
        assert!(!format!("{config:?}").contains("secret\""), "Debug shows a secret");
    }
}
