//! What every request needs.

use std::{sync::Arc, time::Duration};

use super::{
    audit::AuditLog,
    client_address::AddressLimiter,
    clock::Clock,
    config::Config,
    connections::{AccountIndex, ConnectionKey},
    crypto::SealedStore,
    grants::{Grants, Vault},
    load_limits::LoadLimits,
    providers::{
        client::{ApiClient, Meter, TokenSource, oauth::OAuthClients},
        rate_limit::{RateLimiter, RateLimiters},
        retry::RetryPolicy,
    },
    set_up_process,
    store::{Probe, Store},
};

/// The state of the server: connections to other systems and what limits their use. It holds nothing that another process
/// could lack, so any process may answer any request.
#[derive(Clone)]
pub struct AppState {
    pub config: Arc<Config>,
    pub store: Arc<dyn Store>,
    /// Whether the store works. It has to be run beside the server.
    pub probe: Arc<Probe>,
    /// What grants access: sessions, one-time links, attempts to connect, and what waits for a user's decision.
    pub sealed: SealedStore,
    /// The HTTP client for all providers.
    pub http: reqwest::Client,
    pub grants: Grants,
    pub audit: Arc<AuditLog>,
    pub load_limits: Arc<LoadLimits>,
    /// The rate limiters of the accounts that are being read.
    pub limiters: Arc<RateLimiters>,
    /// The rate limit of one-time links and callbacks for each client address.
    pub link_limiter: Arc<AddressLimiter>,
    pub retry_policy: RetryPolicy,
    pub clock: Clock,
}

impl AppState {
    /// The state over a store, with a clock (`Timestamp::now` outside tests).
    ///
    /// # Errors
    ///
    /// Fails when the HTTP client cannot be built, or a configured address is not a URL.
    pub fn new(config: Config, store: Arc<dyn Store>, clock: Clock) -> anyhow::Result<Self> {
        set_up_process();
        // A redirect could send a token to another host.
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .user_agent(concat!("tributary/", env!("CARGO_PKG_VERSION")));
        // The sandbox is on this machine, so a proxy of the environment must not be used for it.
        let is_sandboxed = config.providers.iter().all(|registration| registration.sandbox);
        let http = if is_sandboxed { http.no_proxy() } else { http }.build()?;
        let config = Arc::new(config);
        let keyring = config.encryption_keys.clone();
        let audit = Arc::new(AuditLog::new(store.clone(), clock.clone()));
        let link_limiter = Arc::new(AddressLimiter::per_minute(config.link_requests_per_minute));
        let clients = OAuthClients::new(&config.providers, |provider| config.redirect_url(provider.slug), &http)?;
        let vault = Vault::new(store.clone(), keyring.clone(), clock.clone(), config.refresh_scheduler);
        let grants = Grants::new(vault, clients, AccountIndex::new(store.clone()), audit.clone());
        let load_limits = Arc::new(LoadLimits::new(config.max_loads.get(), config.array_buffer));
        Ok(Self {
            config,
            probe: Arc::new(Probe::new(store.clone())),
            sealed: SealedStore::new(store.clone(), &keyring, clock.clone()),
            store,
            http,
            grants,
            audit,
            load_limits,
            limiters: Arc::default(),
            link_limiter,
            retry_policy: RetryPolicy::default(),
            clock,
        })
    }

    /// A client for an account of a connection's provider.
    ///
    /// # Errors
    ///
    /// [`GrantError::NotConfigured`](super::grants::GrantError::NotConfigured).
    pub fn api_client(
        &self,
        key: &ConnectionKey,
        tokens: Arc<dyn TokenSource>,
        limiter: Arc<RateLimiter>,
    ) -> Result<ApiClient, super::grants::GrantError> {
        Ok(ApiClient {
            provider: key.provider,
            base_url: self.config.provider(key.provider).api_url.as_str().into(),
            http: self.http.clone(),
            tokens,
            oauth: self.grants.oauth(key)?,
            limiter,
            part_limiter: None,
            limiters: self.limiters.clone(),
            retry_policy: self.retry_policy,
            meter: Arc::<Meter>::default(),
        })
    }
}
