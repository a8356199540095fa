//! The clock of one of three processes is ten minutes wrong. To it, tokens that the others refreshed look too old or too
//! new, and its own look so to them.

use futures::future::join_all;
use rand::{RngExt, seq::IndexedRandom};
use serde_json::json;

use crate::{
    faults::{
        case::Case,
        cluster::Cluster,
        options::Options,
        provider::PROVIDERS,
        stored_grants::StoredGrants,
        table::Row,
        token_read::{Outcome, Read},
    },
    support::redis::RedisServer,
};

/// Consecutive reads, each from a random process.
const READS: usize = 200;

/// Concurrent reads from each process afterwards.
const CONCURRENT_READS: usize = 20;

/// How many seconds the clock is wrong.
const SKEW: u32 = 600;

/// A token is refreshed when it expires within so many seconds.
const MARGIN: u32 = 300;

/// Lifetimes of access tokens in seconds, shorter and longer than the skew.
const LIFETIMES: [u32; 4] = [300, 600, 1_800, 3_600];

pub fn cases(options: Options) -> Vec<Case> {
    let case = |(direction, sign): (&str, &'static str)| {
        let name = format!("clock of one of 3 processes 10 minutes {direction}, all");
        Case::new(name, "token, expires within 15 minutes", move |row| run(options, sign, row))
    };
    [("ahead", ""), ("behind", "-")].into_iter().map(case).collect()
}

async fn run(options: Options, sign: &str, mut row: Row) -> Row {
    let (redis, mut rng) = (RedisServer::start(), options.rng(&row.case));
    let clock = format!("clock=return({sign}{SKEW})");
    let (cluster, grants) = (Cluster::start(&redis.url, &["", "", &clock]).await, StoredGrants::open(&redis.url).await);
    row.rounds = options.rounds(2, 20);
    for round in 1..=row.rounds {
        let lifetime = *LIFETIMES.choose(&mut rng).unwrap();
        let settings = json!({"access_token_seconds": lifetime});
        cluster.configure_sandbox(json!({"hubspot": settings, "airtable": settings})).await;
        // Alternately, a process with the right clock connects and the grant is made to expire at a random time, when only
        // one side may consider it due; or the process with the wrong clock connects.
        let (connects_at, expires_in) = if round % 2 == 1 { (0, Some(rng.random_range(1..900))) } else { (2, None) };
        for provider in &PROVIDERS {
            cluster.connect(&cluster.servers[connects_at], provider, "ada").await;
            if let Some(seconds) = expires_in {
                grants.expire_in(provider, "ada", seconds).await;
            }
            let before = cluster.counts(provider).await;
            let mut reads: Vec<Read> = Vec::new();
            for _ in 0..READS {
                let server = cluster.servers.choose(&mut rng).unwrap();
                reads.push(cluster.read(server, provider, "ada").await);
            }
            // Then concurrently, when the token has expired by every clock.
            grants.expire_in(provider, "ada", -700).await;
            let between = cluster.counts(provider).await;
            let servers = cluster.servers.iter().cycle().take(3 * CONCURRENT_READS);
            reads.extend(join_all(servers.map(|server| cluster.read(server, provider, "ada"))).await);
            let after = cluster.counts(provider).await;

            row.tally.add(&reads);
            row.counts.add(after.since(before));
            let when = format!("{}, round {round}, lifetime {lifetime} s, expires in {expires_in:?} s", provider.name);
            // If tokens live briefly, a new one of a right clock is due at once by a clock that is ahead, and the other way
            // round. Then each side refreshes once, and the token that looks newer stays.
            let most = if lifetime <= SKEW + MARGIN { 2 } else { 1 };
            for refreshes in [between.since(before).refreshes, after.since(between).refreshes] {
                row.expect(refreshes <= most, || format!("{refreshes} refreshes: {when}"));
            }
            let reused = after.since(before).reused_tokens;
            row.expect(reused == 0, || format!("{reused} tokens reused: {when}"));
            for read in reads.iter().filter(|read| read.outcome() != Outcome::Served) {
                row.expect(false, || format!("{read}: {when}"));
            }
            let alive = cluster.is_alive(&cluster.servers[0], provider, "ada").await;
            row.lost += usize::from(!alive);
            row.expect(alive, || format!("the grant does not work: {when}"));
        }
    }
    row
}
