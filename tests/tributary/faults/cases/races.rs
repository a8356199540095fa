//! Many concurrent reads, in three processes, of a token that has to be refreshed.

use std::collections::HashSet;

use futures::future::join_all;
use rand::{RngExt, seq::SliceRandom};
use serde_json::json;

use crate::{
    faults::{
        case::Case,
        cluster::Cluster,
        options::Options,
        provider::{PROVIDERS, Provider, slow_token_endpoints},
        stored_grants::StoredGrants,
        table::Row,
        token_read::Outcome,
    },
    support::redis::RedisServer,
};

/// Concurrent reads in each process.
const READS: usize = 200;

/// Concurrent loads in each process. Notion allows three requests a second, so more loads would only wait.
const LOADS: usize = 3;

pub fn cases(options: Options) -> Vec<Case> {
    let race = |provider: &'static Provider| {
        let name = format!("3 processes × {READS} concurrent reads, {}", provider.name);
        Case::new(name, "token, expired or expires within a minute", move |row| reads(options, provider, row))
    };
    let loads = Case::new(
        format!("3 processes × {LOADS} concurrent loads, all"),
        "load, provider refuses the token",
        move |row| loads(options, row),
    );
    PROVIDERS.iter().map(race).chain([loads]).collect()
}

async fn reads(options: Options, provider: &'static Provider, mut row: Row) -> Row {
    let (redis, mut rng) = (RedisServer::start(), options.rng(&row.case));
    let (cluster, grants) = (Cluster::start(&redis.url, &[""; 3]).await, StoredGrants::open(&redis.url).await);
    cluster.configure_sandbox(json!({"hubspot": {"rotate_refresh": "dead"}})).await;
    cluster.connect_all("ada").await;
    row.rounds = options.rounds(3, 50);
    for round in 1..=row.rounds {
        let expires_in = rng.random_range(-60..60);
        grants.expire_in(provider, "ada", expires_in).await;
        // Slow enough that most reads arrive before the response.
        cluster.configure_sandbox(slow_token_endpoints(rng.random_range(500..1_500))).await;
        let (before, version) = (cluster.counts(provider).await, grants.version(provider, "ada").await);

        let mut servers: Vec<_> = (0..3 * READS).map(|index| &cluster.servers[index % 3]).collect();
        servers.shuffle(&mut rng);
        let reads = join_all(servers.into_iter().map(|server| cluster.read(server, provider, "ada"))).await;
        grants.wait_until_unclaimed(provider, "ada").await;

        row.tally.add(&reads);
        let counts = cluster.counts(provider).await.since(before);
        row.counts.add(counts);
        let when = || format!("round {round}, token expires in {expires_in} s");
        row.expect(counts.refreshes == 1, || format!("{} refreshes: {}", counts.refreshes, when()));
        row.expect(counts.reused_tokens == 0, || format!("{} tokens reused: {}", counts.reused_tokens, when()));
        for read in reads.iter().filter(|read| read.outcome() != Outcome::Served) {
            row.expect(false, || format!("{read}: {}", when()));
        }
        let now = grants.version(provider, "ada").await;
        row.expect(now == version + 1, || format!("version {version} became {now}: {}", when()));
        let tokens: HashSet<_> = reads.iter().filter_map(|read| read.token()).collect();
        let most = if expires_in > 0 { 2 } else { 1 };
        row.expect(tokens.len() <= most, || format!("{} different tokens: {}", tokens.len(), when()));
        let alive = cluster.is_alive(&cluster.servers[0], provider, "ada").await;
        row.lost += usize::from(!alive);
        row.expect(alive, || format!("the grant does not work: {}", when()));
    }
    row
}

async fn loads(options: Options, mut row: Row) -> Row {
    let redis = RedisServer::start();
    let (cluster, grants) = (Cluster::start(&redis.url, &[""; 3]).await, StoredGrants::open(&redis.url).await);
    cluster.configure_sandbox(json!({"hubspot": {"rotate_refresh": "dead"}})).await;
    cluster.configure_sandbox(slow_token_endpoints(300)).await;
    cluster.connect_all("ada").await;
    row.rounds = options.rounds(2, 3);
    for round in 1..=row.rounds {
        cluster.sandbox_control("expire", json!({})).await;
        for provider in &PROVIDERS {
            grants.clear_refusals(provider, "ada").await;
            let before = cluster.counts(provider).await;
            let servers = cluster.servers.iter().cycle().take(3 * LOADS);
            let loads = join_all(servers.map(|server| cluster.load(server, provider, "ada"))).await;
            row.tally.add(&loads);
            let counts = cluster.counts(provider).await.since(before);
            row.counts.add(counts);
            let name = provider.name;
            row.expect(counts.refreshes == 1, || format!("{} refreshes, {name}, round {round}", counts.refreshes));
            row.expect(counts.reused_tokens == 0, || format!("a token was reused, {name}, round {round}"));
            for load in loads.iter().filter(|load| load.outcome() != Outcome::Served) {
                row.expect(false, || format!("{load}, {name}, round {round}"));
            }
        }
    }
    row
}
