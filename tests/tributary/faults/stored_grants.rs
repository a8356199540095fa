//! The grants as Redis stores them. This reads and changes only what is not encrypted.

use std::time::Duration;

use fred::prelude::{Builder, Client, ClientLike, Config, Expiration, KeysInterface};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::provider::Provider;

const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// A connection to the processes' Redis.
pub struct StoredGrants(Client);

impl StoredGrants {
    pub async fn open(url: &str) -> Self {
        let client = Builder::from_config(Config::from_url(url).unwrap()).build().unwrap();
        client.init().await.unwrap();
        Self(client)
    }

    /// The stored grant, if there is one.
    pub async fn grant(&self, provider: &Provider, user: &str) -> Option<Value> {
        let stored: Option<String> = self.0.get(key(provider, user)).await.unwrap();
        stored.map(|stored| serde_json::from_str(&stored).unwrap())
    }

    /// The version of a grant, which grows with every change of the tokens.
    pub async fn version(&self, provider: &Provider, user: &str) -> u64 {
        self.grant(provider, user).await.unwrap()["version"].as_u64().unwrap()
    }

    /// Changes a grant so that its token was issued an hour ago and expires in so many seconds. A test then waits for no
    /// provider's token, and Notion, whose tokens do not expire, can be tested like the others.
    pub async fn expire_in(&self, provider: &Provider, user: &str, seconds: i64) {
        let mut grant = self.grant(provider, user).await.unwrap();
        let now = Timestamp::now();
        grant["issued_at"] = (now - SignedDuration::from_hours(1)).to_string().into();
        grant["expires_at"] = (now + SignedDuration::from_secs(seconds)).to_string().into();
        self.put(provider, user, &grant).await;
    }

    /// Ends the back-off after a failed refresh.
    pub async fn clear_back_off(&self, provider: &Provider, user: &str) {
        let mut grant = self.grant(provider, user).await.unwrap();
        grant["history"]["back_off"] = Value::Null;
        self.put(provider, user, &grant).await;
    }

    /// Ends the pause after a refresh that a refused access token caused.
    pub async fn clear_refusals(&self, provider: &Provider, user: &str) {
        let mut grant = self.grant(provider, user).await.unwrap();
        grant["history"]["refusals"] = json!({"refused": null, "refreshes": null});
        self.put(provider, user, &grant).await;
    }

    /// Waits until no process is refreshing a grant.
    pub async fn wait_until_unclaimed(&self, provider: &Provider, user: &str) {
        while self.grant(provider, user).await.is_some_and(|grant| !grant["claim"].is_null()) {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    async fn put(&self, provider: &Provider, user: &str, grant: &Value) {
        let lifetime = Some(Expiration::KEEPTTL);
        let _: () = self.0.set(key(provider, user), grant.to_string(), lifetime, None, false).await.unwrap();
    }
}

fn key(provider: &Provider, user: &str) -> String {
    format!("tributary:connection/{}/acme/{user}", provider.slug)
}
