//! A server in this process, with a sandbox of its own, on ports of their own.

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
    providers::retry::RetryPolicy,
    router,
    store::{self, Store},
};
use tributary_sandbox::{self as sandbox, Records};

use crate::{
    browser::Browser,
    caller::{IDS, KEY},
};

/// A running server. It ends with the value.
pub struct App {
    /// `http://localhost:1234`.
    pub url: String,
    /// `http://127.0.0.1:1235`.
    pub sandbox: String,
    /// The server's own state.
    pub state: AppState,
    /// How far its clock is ahead of the real one.
    pub ahead: Arc<Mutex<SignedDuration>>,
    http: Client,
    _servers: JoinSet<()>,
    _data: TempDir,
}

impl App {
    /// One with the default records.
    pub async fn start() -> Self {
        Self::start_with(Records::default(), &[], None).await
    }

    /// One that respects the claims of other processes for less long.
    pub async fn start_with_claim_life(life: Duration) -> Self {
        Self::start_as(Records::default(), &[], None, |state| {
            state.grants = state.grants.clone().with_claim_lifetime(life);
        })
        .await
    }

    /// One with other records, more variables (in which `{sandbox}` is its address), or a store that is given.
    pub async fn start_with(records: Records, variables: &[(&str, &str)], store: Option<Arc<dyn Store>>) -> Self {
        Self::start_as(records, variables, store, |_| {}).await
    }

    async fn start_as(
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
            ("TRIBUTARY_API_KEY".to_owned(), KEY.to_owned()),
            ("TRIBUTARY_SANDBOX_LISTEN".to_owned(), sandbox_listener.local_addr().unwrap().to_string()),
        ]);
        let filled = |value: &str| value.replace("{sandbox}", &sandbox);
        all.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), filled(value))));
        let config = Config::read(&|name| all.get(name).cloned()).unwrap();

        let store = match store {
            Some(store) => store,
            None => store::open(None, data.path()).await.unwrap(),
        };
        let ahead = Arc::new(Mutex::new(SignedDuration::ZERO));
        let clock = {
            let ahead = ahead.clone();
            move || Timestamp::now() + *ahead.lock().unwrap()
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
        let app = router(state.clone()).into_make_service_with_connect_info::<std::net::SocketAddr>();
        servers.spawn(async move { axum::serve(listener, app).await.unwrap() });
        servers.spawn(async move { axum::serve(sandbox_listener, sandbox::router(options)).await.unwrap() });
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { url: format!("http://localhost:{port}"), sandbox, state, ahead, http, _servers: servers, _data: data }
    }

    /// A request as a program with the API key.
    pub fn program(&self, method: &str, path: &str) -> RequestBuilder {
        self.anybody(method, path).bearer_auth(KEY)
    }

    /// A request of nobody.
    pub fn anybody(&self, method: &str, path: &str) -> RequestBuilder {
        self.http.request(method.parse().unwrap(), format!("{}{path}", self.url))
    }

    /// A browser that is signed in.
    pub async fn signed_in(&self) -> Browser {
        let browser = Browser::new();
        let link = tributary::server::access::create_sign_in_link(&self.state).await.unwrap();
        assert!(browser.get(&link).await.status().is_success());
        browser
    }

    /// Connects [`IDS`] to HubSpot as their own browser would, by a link that a program asked for.
    pub async fn connect(&self) {
        self.connect_to("hubspot").await;
    }

    /// The same, to any provider.
    pub async fn connect_to(&self, provider: &str) {
        let end = Browser::new().approve(&self.link_to(provider).await).await;
        assert!(end.url().path().ends_with("/connected"), "{}", end.url());
    }

    /// A one-time link to connect.
    pub async fn link_to(&self, provider: &str) -> String {
        let request = self.program("POST", &format!("/integrations/{provider}/authorize")).form(&IDS);
        request.send().await.unwrap().json().await.unwrap()
    }

    /// Changes the sandbox's settings.
    pub async fn steer(&self, settings: Value) {
        let answer = self.http.post(format!("{}/__sandbox/config", self.sandbox)).json(&settings).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    /// Posts to one of the sandbox's other controls.
    pub async fn control(&self, what: &str) {
        self.control_with(what, json!({})).await;
    }

    /// The same, with what it takes.
    pub async fn control_with(&self, what: &str, body: Value) {
        let answer = self.http.post(format!("{}/__sandbox/{what}", self.sandbox)).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{what}: {}", answer.status());
    }

    /// The sandbox's counters.
    pub async fn stats(&self) -> Value {
        self.http.get(format!("{}/__sandbox/stats", self.sandbox)).send().await.unwrap().json().await.unwrap()
    }

    /// The array form of a load of HubSpot.
    pub async fn items(&self) -> Response {
        self.items_of("hubspot").await
    }

    /// The array form of a load.
    pub async fn items_of(&self, provider: &str) -> Response {
        self.program("GET", &format!("/integrations/{provider}/items")).query(&IDS).send().await.unwrap()
    }

    /// The lines form of a load of HubSpot, to its end.
    pub async fn events(&self) -> Vec<Value> {
        self.events_of("hubspot").await
    }

    /// The lines form of a load, to its end.
    pub async fn events_of(&self, provider: &str) -> Vec<Value> {
        let path = format!("/integrations/{provider}/items");
        let request = self.program("GET", &path).query(&IDS).header("accept", "application/x-ndjson");
        let text = request.send().await.unwrap().text().await.unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The key of the connection of [`IDS`] to a provider.
    pub fn key(&self, provider: &str) -> ConnectionKey {
        ConnectionKey::new(&Subject::new("acme", "ada").unwrap(), provider).unwrap()
    }

    /// The tokens of a connection, as a load of this account gets them.
    pub fn tokens(&self, key: ConnectionKey, account_id: &str) -> ConnectionTokens {
        ConnectionTokens::new(self.state.grants.refresher.clone(), key, account_id, Actor::command_line())
    }

    /// Sets the server's clock ahead.
    pub fn advance(&self, by: SignedDuration) {
        *self.ahead.lock().unwrap() += by;
    }
}

async fn listen() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

/// Record counts as on the command line, such as `contacts=9000,deals=50`.
pub fn records(counts: &str) -> Records {
    counts.parse().unwrap()
}
