//! The grants as Redis has them. The tokens are sealed; what this reads and moves is in clear.

use std::time::Duration;

use fred::prelude::{Builder, Client, ClientLike, Config, Expiration, KeysInterface};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::provider::Provider;

/// How long between two looks at something that is waited for.
const LOOK: Duration = Duration::from_millis(20);

/// The store, opened beside the program.
pub struct StoredGrants(Client);

impl StoredGrants {
    /// Opens the one of a Redis that answers.
    pub async fn open(url: &str) -> Self {
        let client = Builder::from_config(Config::from_url(url).unwrap()).build().unwrap();
        client.init().await.unwrap();
        Self(client)
    }

    /// A grant, if there is one.
    pub async fn grant(&self, provider: &Provider, user: &str) -> Option<Value> {
        let stored: Option<String> = self.0.get(key(provider, user)).await.unwrap();
        stored.map(|stored| serde_json::from_str(&stored).unwrap())
    }

    /// The version of a grant. It grows with every change of the tokens, and never goes down.
    pub async fn version(&self, provider: &Provider, user: &str) -> u64 {
        self.grant(provider, user).await.unwrap()["version"].as_u64().unwrap()
    }

    /// Makes the token of a grant an hour old, with an end so many seconds ahead of now: no provider has to be waited for,
    /// and Notion, which tells no end, can be raced like the others.
    pub async fn age(&self, provider: &Provider, user: &str, ends_in: i64) {
        let mut grant = self.grant(provider, user).await.unwrap();
        let now = Timestamp::now();
        grant["issued_at"] = (now - SignedDuration::from_hours(1)).to_string().into();
        grant["expires_at"] = (now + SignedDuration::from_secs(ends_in)).to_string().into();
        let keep = Some(Expiration::KEEPTTL);
        let _: () = self.0.set(key(provider, user), grant.to_string(), keep, None, false).await.unwrap();
    }

    /// Ends the pause that a refresh that failed asks for.
    pub async fn end_pause(&self, provider: &Provider, user: &str) {
        let mut grant = self.grant(provider, user).await.unwrap();
        grant["history"]["back_off"] = Value::Null;
        let keep = Some(Expiration::KEEPTTL);
        let _: () = self.0.set(key(provider, user), grant.to_string(), keep, None, false).await.unwrap();
    }

    /// Waits until nobody is refreshing a grant.
    pub async fn at_rest(&self, provider: &Provider, user: &str) {
        while self.grant(provider, user).await.is_some_and(|grant| !grant["claim"].is_null()) {
            tokio::time::sleep(LOOK).await;
        }
    }
}

fn key(provider: &Provider, user: &str) -> String {
    format!("tributary:connection/{}/acme/{user}", provider.slug)
}
