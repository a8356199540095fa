//! A server and a sandbox in this process, each on its own port.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinSet};
use tributary::model::Subject;
use tributary::server::{
    AppState,
    audit::Actor,
    config::Config,
    connections::ConnectionKey,
    grants::ConnectionTokens,
    listen::Timeouts,
    providers::retry::RetryPolicy,
    router, serve,
    store::{self, Store},
};
use tributary_sandbox::{self as sandbox, Records};

use super::{
    browser::Browser,
    fixtures::{API_KEY, SUBJECT},
};

/// A running server with its sandbox. Both stop when the value is dropped.
pub struct App {
    /// `http://localhost:1234`.
    pub url: String,
    /// `http://127.0.0.1:1235`.
    pub sandbox: String,
    pub state: AppState,
    /// How far the server's clock is ahead of the real one.
    pub clock_offset: Arc<Mutex<SignedDuration>>,
    http: Client,
    _servers: JoinSet<()>,
    _data: TempDir,
}

impl App {
    /// Starts a server on a new embedded store, with the sandbox's default records.
    pub async fn start() -> Self {
        Self::start_with(Records::default(), &[], None).await
    }

    /// The same, with another time for which claims of other processes are respected.
    pub async fn start_with_claim_lifetime(lifetime: Duration) -> Self {
        Self::start_changed(Records::default(), &[], None, |state| {
            state.grants = state.grants.clone().with_claim_lifetime(lifetime);
        })
        .await
    }

    /// The same, with this store and another time for which callers of a refresh wait for it.
    pub async fn start_with_caller_timeout(store: Arc<dyn Store>, timeout: Duration) -> Self {
        Self::start_changed(Records::default(), &[], Some(store), |state| {
            state.grants = state.grants.clone().with_caller_timeout(timeout);
        })
        .await
    }

    /// The same, with other records, more variables (`{sandbox}` stands for the sandbox's address), or this store.
    pub async fn start_with(records: Records, variables: &[(&str, &str)], store: Option<Arc<dyn Store>>) -> Self {
        Self::start_changed(records, variables, store, |_| {}).await
    }

    async fn start_changed(
        records: Records,
        variables: &[(&str, &str)],
        store: Option<Arc<dyn Store>>,
        change: impl FnOnce(&mut AppState),
    ) -> Self {
        let (listener, sandbox_listener) = (listen().await, listen().await);
        let port = listener.local_addr().unwrap().port();
        let sandbox = format!("http://{}", sandbox_listener.local_addr().unwrap());
        let data = tempfile::tempdir().unwrap();

        let mut all = HashMap::from([
            ("TRIBUTARY_LISTEN".to_owned(), format!("127.0.0.1:{port}")),
            ("TRIBUTARY_PUBLIC_URL".to_owned(), format!("http://localhost:{port}")),
            ("TRIBUTARY_DATA_DIR".to_owned(), data.path().join("data").display().to_string()),
            ("TRIBUTARY_API_KEY".to_owned(), API_KEY.to_owned()),
            // All users of a test come from one address.
            ("TRIBUTARY_LINK_REQUESTS_PER_MINUTE".to_owned(), "100000".to_owned()),
            ("TRIBUTARY_SANDBOX_LISTEN".to_owned(), sandbox_listener.local_addr().unwrap().to_string()),
        ]);
        let filled = |value: &str| value.replace("{sandbox}", &sandbox);
        all.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), filled(value))));
        let config = Config::read(&|name| all.get(name).cloned()).unwrap();

        let store = match store {
            Some(store) => store,
            None => store::open(None, data.path(), config.store_cache_bytes).await.unwrap(),
        };
        let clock_offset = Arc::new(Mutex::new(SignedDuration::ZERO));
        let clock = {
            let offset = clock_offset.clone();
            move || Timestamp::now() + *offset.lock().unwrap()
        };
        let mut state = AppState::new(config, store, Arc::new(clock)).unwrap();
        state.retry_policy = RetryPolicy {
            base_wait: Duration::from_millis(1),
            max_wait: Duration::from_millis(20),
            ..RetryPolicy::default()
        };
        change(&mut state);

        let options =
            sandbox::Options { public_url: sandbox.clone(), records, latency: Duration::ZERO, limits: true, seed: 1 };
        let mut servers = JoinSet::new();
        let probe = state.probe.clone();
        probe.run().await;
        servers.spawn(async move { probe.repeat().await });
        let (app, limits) = (router(state.clone()), state.config.connection_limits.clone());
        servers.spawn(
            async move { drop(serve(listener, app, limits, Timeouts::default(), std::future::pending()).await) },
        );
        servers.spawn(async move { axum::serve(sandbox_listener, sandbox::router(options)).await.unwrap() });
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self {
            url: format!("http://localhost:{port}"),
            sandbox,
            state,
            clock_offset,
            http,
            _servers: servers,
            _data: data,
        }
    }

    /// A request with the API key.
    pub fn api(&self, method: &str, path: &str) -> RequestBuilder {
        self.anonymous(method, path).bearer_auth(API_KEY)
    }

    /// A request without credentials.
    pub fn anonymous(&self, method: &str, path: &str) -> RequestBuilder {
        self.http.request(method.parse().unwrap(), format!("{}{path}", self.url))
    }

    pub async fn signed_in_browser(&self) -> Browser {
        let browser = Browser::new();
        let link = tributary::server::access::create_sign_in_link(&self.state).await.unwrap();
        assert!(browser.press(&link).await.status().is_success());
        browser
    }

    /// The cookie of a new session, as a browser sends it.
    pub async fn session_cookie(&self) -> String {
        let link = tributary::server::access::create_sign_in_link(&self.state).await.unwrap();
        let path = &link[link.find("/sign-in/").unwrap()..];
        let signed_in = self.anonymous("POST", path).send().await.unwrap();
        signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
    }

    /// Connects [`SUBJECT`] to HubSpot: the user's browser opens a connect link and approves.
    pub async fn connect(&self) {
        self.connect_to("hubspot").await;
    }

    /// The same for another provider.
    pub async fn connect_to(&self, provider: &str) {
        let end = Browser::new().approve(&self.connect_link(provider).await).await;
        assert!(end.url().path().ends_with("/connected"), "{}", end.url());
    }

    /// A one-time link with which [`SUBJECT`] can connect.
    pub async fn connect_link(&self, provider: &str) -> String {
        let request = self.api("POST", &format!("/integrations/{provider}/authorize")).form(&SUBJECT);
        request.send().await.unwrap().json().await.unwrap()
    }

    /// Changes the sandbox's settings.
    pub async fn configure_sandbox(&self, settings: Value) {
        let response =
            self.http.post(format!("{}/__sandbox/config", self.sandbox)).json(&settings).send().await.unwrap();
        assert!(response.status().is_success(), "{}", response.text().await.unwrap());
    }

    /// Uses one of the sandbox's other controls, such as `reset`.
    pub async fn sandbox_control(&self, name: &str) {
        self.sandbox_control_with(name, json!({})).await;
    }

    /// The same, with arguments.
    pub async fn sandbox_control_with(&self, name: &str, body: Value) {
        let response = self.http.post(format!("{}/__sandbox/{name}", self.sandbox)).json(&body).send().await.unwrap();
        assert!(response.status().is_success(), "{name}: {}", response.status());
    }

    /// The sandbox's counters.
    pub async fn stats(&self) -> Value {
        self.http.get(format!("{}/__sandbox/stats", self.sandbox)).send().await.unwrap().json().await.unwrap()
    }

    /// Loads from HubSpot in the array form.
    pub async fn items(&self) -> Response {
        self.items_of("hubspot").await
    }

    /// Loads from a provider in the array form.
    pub async fn items_of(&self, provider: &str) -> Response {
        self.api("GET", &format!("/integrations/{provider}/items")).query(&SUBJECT).send().await.unwrap()
    }

    /// Loads from HubSpot in the lines form, to its end.
    pub async fn events(&self) -> Vec<Value> {
        self.events_of("hubspot").await
    }

    /// Loads from a provider in the lines form, to its end.
    pub async fn events_of(&self, provider: &str) -> Vec<Value> {
        let path = format!("/integrations/{provider}/items");
        let request = self.api("GET", &path).query(&SUBJECT).header("accept", "application/x-ndjson");
        let text = request.send().await.unwrap().text().await.unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The key of [`SUBJECT`]'s connection to a provider.
    pub fn key(&self, provider: &str) -> ConnectionKey {
        ConnectionKey::new(&Subject::new("acme", "ada").unwrap(), provider).unwrap()
    }

    /// The tokens of a connection, as a load from this account gets them.
    pub fn tokens(&self, key: ConnectionKey, account_id: &str) -> ConnectionTokens {
        ConnectionTokens::new(self.state.grants.refresher.clone(), key, account_id, Actor::command_line())
    }

    /// Moves the server's clock forward.
    pub fn advance_clock(&self, by: SignedDuration) {
        *self.clock_offset.lock().unwrap() += by;
    }
}

async fn listen() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

/// Parses record counts as given on the command line, such as `contacts=9000,deals=50`.
pub fn records(counts: &str) -> Records {
    counts.parse().unwrap()
}
