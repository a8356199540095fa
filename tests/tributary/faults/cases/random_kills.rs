//! Processes are killed at random times during a refresh. What the provider and the store have recorded by then shows
//! whether new tokens were lost.

use std::time::Duration;

use futures::future::join_all;
use rand::RngExt;
use serde_json::json;

use crate::{
    faults::{
        case::Case,
        cluster::Cluster,
        options::Options,
        provider::{PROVIDERS, Provider, slow_token_endpoints},
        stored_grants::StoredGrants,
        table::Row,
    },
    support::redis::RedisServer,
};

/// How long the token endpoint takes, in milliseconds. A whole refresh takes little more.
const LATENCY: u64 = 60;

/// A grant whose refresh was interrupted.
struct Interrupted {
    provider: &'static Provider,
    user: String,
    /// New tokens were issued and not saved.
    has_unsaved_tokens: bool,
}

impl Interrupted {
    /// Whether the only valid refresh token was lost.
    fn tokens_lost(&self) -> bool {
        self.has_unsaved_tokens && self.provider.rotates
    }
}

pub fn cases(options: Options) -> Vec<Case> {
    vec![Case::new("process killed at random times, all", "token, expired", move |row| run(options, row))]
}

async fn run(options: Options, mut row: Row) -> Row {
    let (redis, mut rng) = (RedisServer::start(), options.rng(&row.case));
    let (cluster, grants) = (Cluster::start(&redis.url, &["", ""]).await, StoredGrants::open(&redis.url).await);
    cluster.configure_sandbox(json!({"notion": {"same_user_reconnect": "keeps"}})).await;
    row.rounds = options.rounds(9, 60);
    let mut interrupted = Vec::new();
    for (round, provider) in (0..row.rounds).zip(PROVIDERS.iter().cycle()) {
        let user = format!("user{round}");
        cluster.connect(&cluster.servers[0], provider, &user).await;
        grants.expire_in(provider, &user, -1).await;
        let after = Duration::from_millis(rng.random_range(0..3 * LATENCY));
        let has_unsaved_tokens = interrupt(&cluster, &grants, provider, &user, after).await;
        interrupted.push(Interrupted { provider, user, has_unsaved_tokens });
    }
    cluster.clear_faults().await;
    let requests = interrupted.iter().zip(cluster.servers.iter().cycle());
    let reads = join_all(requests.map(|(grant, server)| cluster.read(server, grant.provider, &grant.user))).await;
    row.tally.add(&reads);
    for (grant, read) in interrupted.iter().zip(reads) {
        let is_ok = if grant.tokens_lost() {
            read.reports_lost_tokens()
        } else {
            cluster.is_alive(&cluster.servers[0], grant.provider, &grant.user).await
        };
        row.lost += usize::from(!is_ok);
        let (name, user, unsaved) = (grant.provider.name, &grant.user, grant.has_unsaved_tokens);
        row.expect(is_ok, || format!("{name}, {user}, unsaved tokens: {unsaved}: {read}"));
    }
    let lost = interrupted.iter().filter(|grant| grant.tokens_lost()).count() as u64;
    for provider in &PROVIDERS {
        row.counts.add(cluster.counts(provider).await);
    }
    // A used refresh token is tried once more, and never again.
    row.expect(row.counts.reused_tokens == lost, || format!("{lost} grants lost their tokens"));
    row
}

/// Kills a process so long after a read began. Returns whether new tokens were lost with it.
async fn interrupt(cluster: &Cluster, grants: &StoredGrants, provider: &Provider, user: &str, after: Duration) -> bool {
    let mut victim = cluster.start_server("").await;
    cluster.configure_sandbox(slow_token_endpoints(LATENCY)).await;
    let (before, version) = (cluster.counts(provider).await, grants.version(provider, user).await);
    let read = tokio::spawn(cluster.read(&victim, provider, user));
    tokio::time::sleep(after).await;
    victim.kill();
    read.await.unwrap();
    cluster.wait_until_sandbox_is_idle().await;
    let issued = cluster.counts(provider).await.since(before).refreshes;
    let saved = grants.version(provider, user).await - version;
    issued > saved
}
