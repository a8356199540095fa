//! A sandbox, and processes of the program that share it and a Redis.

use std::time::{Duration, Instant};

use futures::future::join_all;
use reqwest::Client;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    provider::{PROVIDERS, Provider},
    read::{Outcome, Read},
};
use crate::{
    caller::KEY,
    process::{ENCRYPTION_KEYS, Process, client, connect},
};

/// Longer than anything that is waited for: a claim is respected for 75 seconds.
const TIMEOUT: Duration = Duration::from_secs(150);

/// How long between two looks at something that is waited for.
const LOOK: Duration = Duration::from_millis(20);

/// Where a case happens.
pub struct Stage {
    /// The processes.
    pub servers: Vec<Process>,
    redis_url: String,
    address: String,
    _sandbox: Process,
    http: Client,
}

/// What a provider saw of refreshes.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub struct Counted {
    /// Refreshes that made new tokens.
    pub refreshes: u64,
    /// Refresh tokens that came after their end.
    pub reused_tokens: u64,
    /// Refresh tokens that were given back.
    pub revocations: u64,
}

impl Counted {
    /// Adds another provider's.
    pub fn add(&mut self, other: Self) {
        self.refreshes += other.refreshes;
        self.reused_tokens += other.reused_tokens;
        self.revocations += other.revocations;
    }

    /// What came since an earlier moment.
    pub fn since(self, earlier: Self) -> Self {
        Self {
            refreshes: self.refreshes - earlier.refreshes,
            reused_tokens: self.reused_tokens - earlier.reused_tokens,
            revocations: self.revocations - earlier.revocations,
        }
    }
}

impl Stage {
    /// Starts one process for each of these failpoints; an empty one is none.
    pub async fn start(redis_url: &str, failpoints: &[&str]) -> Self {
        let few = ["--records", "contacts=3,companies=3,deals=3,pages=2,rows=6,records=9", "--no-limits"];
        let (sandbox, address) = tokio::task::spawn_blocking(move || Process::sandbox(&few)).await.unwrap();
        let redis_url = redis_url.to_owned();
        let mut stage = Self { servers: Vec::new(), redis_url, address, _sandbox: sandbox, http: client() };
        stage.servers = join_all(failpoints.iter().map(|failpoint| stage.process(failpoint))).await;
        stage
    }

    /// One more process on the same Redis and sandbox.
    pub async fn process(&self, failpoints: &str) -> Process {
        let (redis_url, address) = (self.redis_url.clone(), self.address.clone());
        let failpoints = failpoints.to_owned();
        let serve = move || {
            Process::serve(&[
                ("REDIS_URL", &redis_url),
                ("TRIBUTARY_ENCRYPTION_KEYS", ENCRYPTION_KEYS),
                ("TRIBUTARY_API_KEY", KEY),
                ("TRIBUTARY_SANDBOX_LISTEN", &address),
                ("FAILPOINTS", &failpoints),
            ])
        };
        tokio::task::spawn_blocking(serve).await.unwrap()
    }

    /// Connects a user to a provider, at this process.
    pub async fn connect(&self, server: &Process, provider: &Provider, user: &str) {
        connect(&server.url, provider.slug, ids(user)).await;
    }

    /// Connects a user to all providers, at the first process.
    pub async fn connect_all(&self, user: &str) {
        for provider in &PROVIDERS {
            self.connect(&self.servers[0], provider, user).await;
        }
    }

    /// Asks a process for an access token. It may go on while the stage changes.
    pub fn read(&self, server: &Process, provider: &Provider, user: &str) -> impl Future<Output = Read> + Send + use<> {
        let url = format!("{}/integrations/{}/credentials", server.url, provider.slug);
        let ask = self.http.post(url).bearer_auth(KEY).form(&ids(user)).timeout(TIMEOUT);
        answered(ask)
    }

    /// Loads everything, which asks the provider with the token.
    pub fn load(&self, server: &Process, provider: &Provider, user: &str) -> impl Future<Output = Read> + Send + use<> {
        let url = format!("{}/integrations/{}/items", server.url, provider.slug);
        let ask = self.http.get(url).bearer_auth(KEY).query(&ids(user)).timeout(TIMEOUT);
        answered(ask)
    }

    /// Posts to one of the sandbox's controls.
    pub async fn control(&self, what: &str, body: Value) {
        let url = format!("http://{}/__sandbox/{what}", self.address);
        let answer = self.http.post(url).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    /// Changes the sandbox's settings.
    pub async fn steer(&self, settings: Value) {
        self.control("config", settings).await;
    }

    /// Ends all faults.
    pub async fn heal(&self) {
        self.steer(json!({"faults": []})).await;
    }

    /// What a provider saw until now.
    pub async fn counted(&self, provider: &Provider) -> Counted {
        Counted::deserialize(&self.stats().await["by_provider"][provider.slug]).unwrap()
    }

    /// How many requests a token endpoint got, whatever came of them.
    pub async fn asked(&self, provider: &Provider) -> u64 {
        self.stats().await["by_endpoint"][provider.token_label]["requests"].as_u64().unwrap_or_default()
    }

    /// Waits until the provider's token endpoint has got more requests than this.
    pub async fn until_asked(&self, provider: &Provider, before: u64) {
        while self.asked(provider).await <= before {
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Waits until the sandbox has answered everything.
    pub async fn until_quiet(&self) {
        while self.stats().await["in_flight"] != 0 {
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Whether a grant is alive at last: a process gives a token for it, and the provider takes that.
    pub async fn is_alive(&self, server: &Process, provider: &Provider, user: &str) -> bool {
        let read = self.read(server, provider, user).await;
        match read.token() {
            Some(token) if read.outcome() == Outcome::Served => self.accepts(provider, token).await,
            _ => false,
        }
    }

    /// Whether the provider takes this access token.
    pub async fn accepts(&self, provider: &Provider, token: &str) -> bool {
        let ask = self.http.get(format!("http://{}{}", self.address, provider.probe)).bearer_auth(token);
        ask.header("notion-version", "2022-06-28").send().await.unwrap().status().is_success()
    }

    async fn stats(&self) -> Value {
        let ask = self.http.get(format!("http://{}/__sandbox/stats", self.address));
        ask.send().await.unwrap().json().await.unwrap()
    }
}

fn ids(user: &str) -> [(&'static str, &str); 2] {
    [("org_id", "acme"), ("user_id", user)]
}

async fn answered(ask: reqwest::RequestBuilder) -> Read {
    let began = Instant::now();
    let Ok(answer) = ask.send().await else {
        return Read { status: None, body: Value::Null, took: began.elapsed() };
    };
    let status = Some(answer.status());
    // A load that lacks something is no answer.
    let is_whole = answer.headers().get("tributary-load").is_none_or(|told| told == "complete");
    let body = answer.json().await.ok().filter(|_| is_whole).unwrap_or_default();
    Read { status, body, took: began.elapsed() }
}
