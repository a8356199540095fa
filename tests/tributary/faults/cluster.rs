//! Server processes that share a Redis and a sandbox; or one with an embedded store.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::future::join_all;
use reqwest::Client;
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{
    provider::{PROVIDERS, Provider},
    token_read::{Outcome, Read},
};
use crate::support::{
    fixtures::{API_KEY, K1},
    process::{Process, client, connect},
};

/// Longer than any read takes: a claim is respected for 75 seconds.
const TIMEOUT: Duration = Duration::from_secs(150);

const POLL_INTERVAL: Duration = Duration::from_millis(20);

pub struct Cluster {
    pub servers: Vec<Process>,
    /// `None` for the embedded store.
    redis_url: Option<String>,
    sandbox_address: String,
    _sandbox: Process,
    http: Client,
}

/// What a stand-in counted.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub struct RefreshCounts {
    /// Refreshes for which it issued new tokens.
    pub refreshes: u64,
    /// Refresh tokens that were sent after they had ended.
    pub reused_tokens: u64,
}

impl RefreshCounts {
    pub fn add(&mut self, other: Self) {
        self.refreshes += other.refreshes;
        self.reused_tokens += other.reused_tokens;
    }

    /// The difference to earlier counts.
    pub fn since(self, earlier: Self) -> Self {
        Self {
            refreshes: self.refreshes - earlier.refreshes,
            reused_tokens: self.reused_tokens - earlier.reused_tokens,
        }
    }
}

impl Cluster {
    /// Starts one server for each of these `FAILPOINTS`; an empty string arms none.
    pub async fn start(redis_url: &str, failpoints: &[&str]) -> Self {
        let mut cluster = Self::without_servers(Some(redis_url.to_owned())).await;
        cluster.servers = join_all(failpoints.iter().map(|failpoints| cluster.start_server(failpoints))).await;
        cluster
    }

    /// Starts one server with an embedded store.
    pub async fn start_embedded(failpoints: &str) -> Self {
        let mut cluster = Self::without_servers(None).await;
        cluster.servers = vec![cluster.start_server(failpoints).await];
        cluster
    }

    async fn without_servers(redis_url: Option<String>) -> Self {
        let few_records = ["--records", "contacts=3,companies=3,deals=3,pages=2,rows=6,records=9", "--no-limits"];
        let started = tokio::task::spawn_blocking(move || Process::sandbox(&few_records));
        let (sandbox, sandbox_address) = started.await.unwrap();
        Self { servers: Vec::new(), redis_url, sandbox_address, _sandbox: sandbox, http: client() }
    }

    /// Starts one more server on the same Redis and sandbox.
    pub async fn start_server(&self, failpoints: &str) -> Process {
        self.start_server_in(new_folder(), self.redis_url.as_deref(), failpoints).await
    }

    /// The same with another address of the same Redis.
    pub async fn start_server_at(&self, redis_url: &str, failpoints: &str) -> Process {
        self.start_server_in(new_folder(), Some(redis_url), failpoints).await
    }

    /// Stops the only server, and starts one with its embedded store.
    pub async fn restart(&mut self, failpoints: &str) {
        let server = self.servers.pop().unwrap();
        // It prints its address before it can be stopped.
        while self.http.get(format!("{}/healthz", server.url)).send().await.is_err() {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        let folder = server.folder.clone();
        let (stopped, log) = tokio::task::spawn_blocking(|| server.terminate()).await.unwrap();
        assert!(stopped, "{log}");
        let server = self.start_server_in(folder, None, failpoints).await;
        self.servers.push(server);
    }

    async fn start_server_in(&self, folder: Arc<TempDir>, redis_url: Option<&str>, failpoints: &str) -> Process {
        let variables = [
            ("TRIBUTARY_ENCRYPTION_KEYS", K1.to_owned()),
            ("TRIBUTARY_API_KEY", API_KEY.to_owned()),
            ("TRIBUTARY_SANDBOX_LISTEN", self.sandbox_address.clone()),
            // The cases count refreshes, and change when tokens expire; the scheduler's own would come on top.
            ("TRIBUTARY_REFRESH_SCHEDULER", "off".to_owned()),
            ("FAILPOINTS", failpoints.to_owned()),
        ];
        let redis_url = redis_url.map(|url| ("REDIS_URL", url.to_owned()));
        let serve = move || {
            let variables: Vec<_> =
                variables.iter().chain(&redis_url).map(|(name, value)| (*name, value.as_str())).collect();
            Process::serve_in(folder, &variables)
        };
        tokio::task::spawn_blocking(serve).await.unwrap()
    }

    /// Connects a user to a provider through this server.
    pub async fn connect(&self, server: &Process, provider: &Provider, user: &str) {
        connect(&server.url, provider.slug, subject(user)).await;
    }

    /// Connects a user to all providers through the first server.
    pub async fn connect_all(&self, user: &str) {
        for provider in &PROVIDERS {
            self.connect(&self.servers[0], provider, user).await;
        }
    }

    /// Requests an access token from a server. The future does not borrow the cluster.
    pub fn read(&self, server: &Process, provider: &Provider, user: &str) -> impl Future<Output = Read> + Send + use<> {
        let url = format!("{}/integrations/{}/credentials", server.url, provider.slug);
        send(self.http.post(url).bearer_auth(API_KEY).form(&subject(user)).timeout(TIMEOUT))
    }

    /// Requests a load from a server, which uses the access token at the provider.
    pub fn load(&self, server: &Process, provider: &Provider, user: &str) -> impl Future<Output = Read> + Send + use<> {
        let url = format!("{}/integrations/{}/items", server.url, provider.slug);
        send(self.http.get(url).bearer_auth(API_KEY).query(&subject(user)).timeout(TIMEOUT))
    }

    /// Uses one of the sandbox's controls.
    pub async fn sandbox_control(&self, name: &str, body: Value) {
        let url = format!("http://{}/__sandbox/{name}", self.sandbox_address);
        let response = self.http.post(url).json(&body).send().await.unwrap();
        assert!(response.status().is_success(), "{}", response.text().await.unwrap());
    }

    pub async fn configure_sandbox(&self, settings: Value) {
        self.sandbox_control("config", settings).await;
    }

    pub async fn clear_faults(&self) {
        self.configure_sandbox(json!({"faults": []})).await;
    }

    /// What a stand-in has counted until now.
    pub async fn counts(&self, provider: &Provider) -> RefreshCounts {
        RefreshCounts::deserialize(&self.stats().await["by_provider"][provider.slug]).unwrap()
    }

    /// How many requests a token endpoint has received, whatever it responded.
    pub async fn token_requests(&self, provider: &Provider) -> u64 {
        self.stats().await["by_endpoint"][provider.token_label]["requests"].as_u64().unwrap_or_default()
    }

    /// Waits until a token endpoint has received more requests than `before`.
    pub async fn wait_for_token_request(&self, provider: &Provider, before: u64) {
        while self.token_requests(provider).await <= before {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// Waits until the sandbox has no request in flight.
    pub async fn wait_until_sandbox_is_idle(&self) {
        while self.stats().await["in_flight"] != 0 {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// Whether a grant works: the server returns an access token, and the provider accepts that.
    pub async fn is_alive(&self, server: &Process, provider: &Provider, user: &str) -> bool {
        let read = self.read(server, provider, user).await;
        match read.token() {
            Some(token) if read.outcome() == Outcome::Served => self.accepts(provider, token).await,
            _ => false,
        }
    }

    /// Whether the provider accepts this access token.
    async fn accepts(&self, provider: &Provider, token: &str) -> bool {
        let url = format!("http://{}{}", self.sandbox_address, provider.probe_path);
        let request = self.http.get(url).bearer_auth(token).header("notion-version", "2022-06-28");
        request.send().await.unwrap().status().is_success()
    }

    async fn stats(&self) -> Value {
        let request = self.http.get(format!("http://{}/__sandbox/stats", self.sandbox_address));
        request.send().await.unwrap().json().await.unwrap()
    }
}

fn new_folder() -> Arc<TempDir> {
    Arc::new(tempfile::tempdir().unwrap())
}

fn subject(user: &str) -> [(&'static str, &str); 2] {
    [("org_id", "acme"), ("user_id", user)]
}

async fn send(request: reqwest::RequestBuilder) -> Read {
    let began = Instant::now();
    let Ok(response) = request.send().await else {
        return Read { status: None, body: Value::Null, duration: began.elapsed() };
    };
    let status = Some(response.status());
    // The items of a partial load do not count as served.
    let is_complete = response.headers().get("tributary-load").is_none_or(|load| load == "complete");
    let body = response.json().await.ok().filter(|_| is_complete).unwrap_or_default();
    Read { status, body, duration: began.elapsed() }
}
