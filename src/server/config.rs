//! Configuration, read once at the start from the environment (and a `.env` file).
//!
//! [`variables()`] is the table of all variables, from which `--help` is generated. An invalid value stops the start with a
//! sentence that names the variable and what it accepts.

mod data_dir;
mod provider;
mod reader;
mod sandbox;
mod variables;

use std::{
    net::SocketAddr,
    num::{NonZeroU32, NonZeroUsize},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, bail};
use secrecy::SecretString;
use url::Url;

use super::{
    crypto::{Keyring, random_secret},
    listen::ConnectionLimits,
    providers::{self, Provider, Registration},
    store::Eviction,
};

pub use data_dir::DataDir;
pub use reader::{ADDRESS, Reader};
pub use variables::{Variable, help, variables};

/// The file in the data folder with the generated API key.
pub const ADMIN_KEY_FILE: &str = "admin-key";

/// The file in the data folder with the generated encryption keys.
const ENCRYPTION_KEYS_FILE: &str = "encryption-keys";

/// What a variable with a number accepts.
const NUMBER: &str = "a whole number from 1";

/// The operator's choices.
#[derive(Debug)]
pub struct Config {
    /// `TRIBUTARY_LISTEN`.
    pub listen: SocketAddr,
    /// `TRIBUTARY_PUBLIC_URL`, which has no path.
    pub public_url: Url,
    /// `TRIBUTARY_DATA_DIR`.
    pub data_dir: PathBuf,
    /// `REDIS_URL`; without it the embedded store is used. Secret, since it may contain a password.
    pub redis_url: Option<SecretString>,
    /// `TRIBUTARY_REDIS_ALLOW_EVICTION`: whether a Redis server that can evict grants is used.
    pub redis_eviction: Eviction,
    /// `TRIBUTARY_STORE_CACHE_MB`, in bytes.
    pub store_cache_bytes: usize,
    /// `TRIBUTARY_API_KEY`, or the generated key in the data folder.
    pub api_key: SecretString,
    /// `TRIBUTARY_REFRESH_SCHEDULER`: whether grants are refreshed ahead of time.
    pub refresh_scheduler: bool,
    /// `TRIBUTARY_SHUTDOWN_SECONDS`: how long stopping may take.
    pub shutdown_time: Duration,
    /// `TRIBUTARY_ENCRYPTION_KEYS`, or the generated keys in the data folder.
    pub encryption_keys: Arc<Keyring>,
    /// `TRIBUTARY_MAX_CONNECTIONS`, `TRIBUTARY_MAX_CONNECTIONS_PER_ADDRESS` and `TRIBUTARY_TRUSTED_PROXIES`.
    pub connection_limits: ConnectionLimits,
    /// `TRIBUTARY_LINK_REQUESTS_PER_MINUTE`.
    pub link_requests_per_minute: NonZeroU32,
    /// `TRIBUTARY_MAX_LOADS`: how many loads may run at once.
    pub max_loads: NonZeroUsize,
    /// `TRIBUTARY_ARRAY_BUFFER_MB` in bytes: how much memory array responses may hold in all.
    pub array_buffer: usize,
    /// Where the sandbox listens; `None` when it is off or no provider needs it.
    pub sandbox_listen: Option<SocketAddr>,
    /// One registration for each of [`providers::ALL`], in its order.
    pub providers: Vec<Registration>,
}

impl Config {
    /// Reads the environment of the process. Creates the data folder and generates what is missing in it.
    pub fn from_env() -> anyhow::Result<Self> {
        Self::read(&|name| std::env::var(name).ok())
    }

    /// Reads variables from anywhere. Empty values count as unset.
    pub fn read(variables: &dyn Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        let reader = Reader(variables);
        let listen = reader.parsed("TRIBUTARY_LISTEN", ADDRESS)?;
        let public_url = reader.url("TRIBUTARY_PUBLIC_URL")?;
        if public_url.path() != "/" {
            bail!(
                "TRIBUTARY_PUBLIC_URL is {:?}. Set it to an address without a path: the page is served at the root of its host.",
                public_url.as_str()
            );
        }
        let data_dir = DataDir::new(reader.text("TRIBUTARY_DATA_DIR").into());
        let redis_url = reader.optional("REDIS_URL").map(SecretString::from);
        let redis_eviction = match reader.text("TRIBUTARY_REDIS_ALLOW_EVICTION").as_str() {
            "no" => Eviction::Refused,
            "yes" => Eviction::Allowed,
            other => bail!(
                "TRIBUTARY_REDIS_ALLOW_EVICTION is {other:?}. Set it to no (a Redis server that can evict grants is refused) or yes."
            ),
        };
        let api_key = api_key(&reader, &data_dir)?;
        let encryption_keys = encryption_keys(&reader, &data_dir, redis_url.is_some())?;
        let refresh_scheduler = match reader.text("TRIBUTARY_REFRESH_SCHEDULER").as_str() {
            "on" => true,
            "off" => false,
            other => bail!(
                "TRIBUTARY_REFRESH_SCHEDULER is {other:?}. Set it to on (grants are refreshed ahead of time, and kept alive when unused) or off."
            ),
        };
        let store_cache_bytes = store_cache_bytes(&reader)?;
        let shutdown_time = shutdown_time(&reader)?;
        let connection_limits = connection_limits(&reader)?;
        let link_requests_per_minute = reader.parsed("TRIBUTARY_LINK_REQUESTS_PER_MINUTE", NUMBER)?;
        let max_loads = reader.parsed("TRIBUTARY_MAX_LOADS", NUMBER)?;
        let array_buffer = reader.parsed::<NonZeroU32>("TRIBUTARY_ARRAY_BUFFER_MB", NUMBER)?.get() as usize;
        let sandbox = sandbox::read(&reader, &public_url)?;
        let providers = providers::ALL
            .iter()
            .map(|provider| provider::read(provider, &reader, sandbox))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let sandbox_listen = sandbox.filter(|_| providers.iter().any(|registration| registration.sandbox));

        Ok(Self {
            listen,
            public_url,
            data_dir: data_dir.into(),
            redis_url,
            redis_eviction,
            store_cache_bytes,
            api_key,
            refresh_scheduler,
            shutdown_time,
            encryption_keys: Arc::new(encryption_keys),
            connection_limits,
            link_requests_per_minute,
            max_loads,
            array_buffer: array_buffer.saturating_mul(1 << 20),
            sandbox_listen,
            providers,
        })
    }

    /// The registration at a provider.
    pub fn provider(&self, provider: &Provider) -> &Registration {
        let index = providers::ALL.iter().position(|other| other.slug == provider.slug);
        &self.providers[index.expect("every provider is in ALL")]
    }

    /// The redirect URL to register at a provider: `{public_url}/integrations/{provider}/oauth2callback`.
    pub fn redirect_url(&self, provider: &str) -> String {
        self.public(&format!("/integrations/{provider}/oauth2callback"))
    }

    /// Whether browsers reach this server on their own machine.
    pub fn is_local(&self) -> bool {
        sandbox::is_local(&self.public_url)
    }

    /// The public address of a path, which begins with a slash.
    pub fn public(&self, path: &str) -> String {
        format!("{}{path}", self.public_url.as_str().trim_end_matches('/'))
    }
}

fn api_key(reader: &Reader, data_dir: &DataDir) -> anyhow::Result<SecretString> {
    match reader.optional("TRIBUTARY_API_KEY") {
        Some(key) if key.len() < 16 => bail!(
            "TRIBUTARY_API_KEY is too short to be safe. Use 16 characters or more; create one with: openssl rand -hex 32"
        ),
        Some(key) => Ok(key.into()),
        None => data_dir.secret(ADMIN_KEY_FILE, random_secret),
    }
}

fn encryption_keys(reader: &Reader, data_dir: &DataDir, is_shared: bool) -> anyhow::Result<Keyring> {
    match reader.optional("TRIBUTARY_ENCRYPTION_KEYS") {
        Some(keys) => Keyring::parse(&keys.into()).context("TRIBUTARY_ENCRYPTION_KEYS can't be used"),
        None if is_shared => bail!(
            "TRIBUTARY_ENCRYPTION_KEYS is not set although REDIS_URL is: processes that share a store have to share the keys. Set it to id:key pairs, each key 32 bytes in base64; create one with: echo \"k1:$(openssl rand -base64 32)\""
        ),
        None => Keyring::parse(&data_dir.secret(ENCRYPTION_KEYS_FILE, Keyring::generate)?)
            .context("the file encryption-keys in the data folder can't be used"),
    }
}

fn store_cache_bytes(reader: &Reader) -> anyhow::Result<usize> {
    let (name, accepted) = ("TRIBUTARY_STORE_CACHE_MB", "a number of MB between 1 and 65536");
    match reader.parsed(name, accepted)? {
        megabytes @ 1..=65_536 => Ok(megabytes << 20),
        megabytes => bail!("{name} is {megabytes}. Set it to {accepted}."),
    }
}

fn shutdown_time(reader: &Reader) -> anyhow::Result<Duration> {
    let (name, accepted) = ("TRIBUTARY_SHUTDOWN_SECONDS", "a number of seconds between 1 and 600");
    match reader.parsed(name, accepted)? {
        seconds @ 1..=600 => Ok(Duration::from_secs(seconds)),
        seconds => bail!("{name} is {seconds}. Set it to {accepted}."),
    }
}

fn connection_limits(reader: &Reader) -> anyhow::Result<ConnectionLimits> {
    let number = |name| reader.parsed::<NonZeroUsize>(name, NUMBER).map(NonZeroUsize::get);
    let networks = "networks and addresses separated by commas, such as 10.0.0.0/8, 127.0.0.1";
    Ok(ConnectionLimits {
        total: number("TRIBUTARY_MAX_CONNECTIONS")?,
        per_address: number("TRIBUTARY_MAX_CONNECTIONS_PER_ADDRESS")?,
        trusted_proxies: Arc::new(reader.parsed("TRIBUTARY_TRUSTED_PROXIES", networks)?),
    })
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
    fn a_start_needs_no_configuration() {
        let config = read(&[]).unwrap();
        assert_eq!(config.redirect_url("hubspot"), "http://localhost:8000/integrations/hubspot/oauth2callback");
        assert!(config.sandbox_listen.is_some() && config.providers.iter().all(|provider| provider.sandbox));
    }

    #[test]
    fn a_bad_value_is_refused_with_the_name_of_its_variable_and_what_it_accepts() {
        let key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
        for (name, value, says) in [
            ("TRIBUTARY_LISTEN", "8000", "address and port"),
            ("TRIBUTARY_PUBLIC_URL", "localhost:8000", "http://localhost:8000"),
            ("TRIBUTARY_PUBLIC_URL", "https://a.example/?b", "without"),
            ("TRIBUTARY_API_KEY", "short", "16"),
            ("TRIBUTARY_ENCRYPTION_KEYS", "k1", "id:"),
            ("TRIBUTARY_ENCRYPTION_KEYS", "k1:c2hvcnQ=", "32 bytes"),
            ("TRIBUTARY_ENCRYPTION_KEYS", &format!("k1:{key},k1:{key}"), "twice"),
            ("TRIBUTARY_MAX_LOADS", "0", "whole number"),
            ("TRIBUTARY_ARRAY_BUFFER_MB", "much", "whole number"),
            ("TRIBUTARY_REDIS_ALLOW_EVICTION", "true", "yes"),
            ("TRIBUTARY_SANDBOX", "yes", "auto"),
            ("TRIBUTARY_REFRESH_SCHEDULER", "yes", "off"),
            ("TRIBUTARY_STORE_CACHE_MB", "0", "between 1 and 65536"),
            ("TRIBUTARY_SHUTDOWN_SECONDS", "25s", "number of seconds"),
            ("TRIBUTARY_SHUTDOWN_SECONDS", "0", "between 1 and 600"),
            ("TRIBUTARY_MAX_CONNECTIONS", "0", "from 1"),
            ("TRIBUTARY_MAX_CONNECTIONS_PER_ADDRESS", "many", "number"),
            ("TRIBUTARY_LINK_REQUESTS_PER_MINUTE", "-1", "number"),
            ("TRIBUTARY_TRUSTED_PROXIES", "proxy.example", "10.0.0.0/8"),
            ("TRIBUTARY_PUBLIC_URL", "https://a.example/sub", "without a path"),
            ("TRIBUTARY_SANDBOX_LISTEN", "nowhere", "address and port"),
            ("TRIBUTARY_SANDBOX_LISTEN", "0.0.0.0:8001", "loopback"),
            ("TRIBUTARY_SANDBOX_LISTEN", "127.0.0.1:0", "with a port"),
            ("HUBSPOT_AUTH_URL", "ftp://x", "http"),
            ("HUBSPOT_CLIENT_ID", "id-without-secret", "HUBSPOT_CLIENT_SECRET"),
        ] {
            let error = read(&[(name, value)]).unwrap_err();
            assert!(error.contains(name) && error.contains(says), "{name}={value}: {error}");
        }
    }

    #[test]
    fn a_shared_store_requires_shared_keys() {
        let error = read(&[("REDIS_URL", "redis://127.0.0.1")]).unwrap_err();
        assert!(error.contains("TRIBUTARY_ENCRYPTION_KEYS"), "{error}");
    }

    /// The providers that a stand-in replaces, and those that are not configured.
    fn sandboxed_and_unconfigured(variables: &[(&str, &str)]) -> (usize, usize) {
        let config = read(variables).unwrap();
        let count = |is: fn(&Registration) -> bool| config.providers.iter().filter(|provider| is(provider)).count();
        let sandboxed = count(|provider| provider.sandbox);
        assert_eq!(config.sandbox_listen.is_some(), sandboxed > 0);
        (sandboxed, count(|provider| provider.client.is_none()))
    }

    #[test]
    fn stand_ins_are_beside_no_real_app_and_in_no_public_page_unless_asked_for() {
        let all = providers::ALL.len();
        let (real, secret) = (("HUBSPOT_CLIENT_ID", "id"), ("HUBSPOT_CLIENT_SECRET", "secret"));
        let (public, on) = (("TRIBUTARY_PUBLIC_URL", "https://tributary.example.com"), ("TRIBUTARY_SANDBOX", "on"));
        assert_eq!(sandboxed_and_unconfigured(&[]), (all, 0));
        assert_eq!(sandboxed_and_unconfigured(&[("TRIBUTARY_PUBLIC_URL", "http://127.0.0.1:8000")]), (all, 0));
        assert_eq!(sandboxed_and_unconfigured(&[real, secret]), (0, all - 1));
        assert_eq!(sandboxed_and_unconfigured(&[public]), (0, all));
        assert_eq!(sandboxed_and_unconfigured(&[real, secret, public]), (0, all - 1));
        assert_eq!(sandboxed_and_unconfigured(&[real, secret, on]), (all - 1, 0));
        assert_eq!(sandboxed_and_unconfigured(&[("TRIBUTARY_SANDBOX", "off")]), (0, all));
        for host in ["http://localhost.evil.example", "http://192.168.0.7:8000", "https://tributary.example.com"] {
            let error = read(&[on, ("TRIBUTARY_PUBLIC_URL", host)]).unwrap_err();
            assert!(error.contains("TRIBUTARY_SANDBOX is on") && error.contains(host), "{error}");
        }
    }

    #[test]
    fn a_provider_with_a_client_id_is_not_sandboxed() {
        let config = read(&[("HUBSPOT_CLIENT_ID", "id"), ("HUBSPOT_CLIENT_SECRET", "secret")]).unwrap();
        assert!(!config.providers[0].sandbox);
        assert_eq!(config.providers[0].api_url, "https://api.hubapi.com");
        assert!(!format!("{config:?}").contains("secret\""), "Debug shows a secret");
    }
}
