//! A process is killed at a certain point of a refresh, and another continues.
//!
//! A rotating provider may have issued new tokens that were lost with the process that requested them. Then, and only then,
//! the user is asked to reconnect.

use std::time::Duration;

use futures::future::join_all;
use rand::RngExt;

use crate::{
    faults::{
        case::Case,
        cluster::Cluster,
        options::Options,
        provider::{PROVIDERS, Provider, slow_token_endpoints},
        stored_grants::StoredGrants,
        table::Row,
        token_read::{Outcome, Read},
    },
    support::redis::RedisServer,
};

/// The point of a refresh at which the process is killed.
struct Point {
    name: &'static str,
    /// `None`: while the provider handles the request.
    failpoint: Option<&'static str>,
    /// Whether the provider has issued new tokens by then that are not saved.
    has_unsaved_tokens: bool,
}

static POINTS: [Point; 5] = [
    Point { name: "before the claim", failpoint: Some("refresh::before_claim"), has_unsaved_tokens: false },
    Point { name: "after the claim", failpoint: Some("refresh::claimed"), has_unsaved_tokens: false },
    Point { name: "after sending", failpoint: None, has_unsaved_tokens: false },
    Point { name: "after the response", failpoint: Some("refresh::answered"), has_unsaved_tokens: true },
    Point { name: "after the save", failpoint: Some("refresh::saved"), has_unsaved_tokens: false },
];

/// Reads from each of the two remaining processes.
const READS: usize = 5;

pub fn cases(options: Options) -> Vec<Case> {
    let kill = |point: &'static Point| {
        let name = format!("process killed {}, all", point.name);
        Case::new(name, "token, expired", move |row| run(options, point, row))
    };
    POINTS.iter().map(kill).collect()
}

async fn run(options: Options, point: &Point, mut row: Row) -> Row {
    let (redis, mut rng) = (RedisServer::start(), options.rng(&row.case));
    let (cluster, grants) = (Cluster::start(&redis.url, &["", ""]).await, StoredGrants::open(&redis.url).await);
    cluster.connect_all("ada").await;
    row.rounds = 1;
    for provider in &PROVIDERS {
        grants.expire_in(provider, "ada", rng.random_range(-60..0)).await;
        match point.failpoint {
            Some(failpoint) => kill_at(failpoint, &cluster, provider, &mut row).await,
            None => kill_in_flight(&cluster, provider, rng.random_range(0..300)).await,
        }
    }
    cluster.wait_until_sandbox_is_idle().await;

    let remaining = PROVIDERS.iter().map(|provider| {
        let servers = cluster.servers.iter().cycle().take(2 * READS);
        join_all(servers.map(|server| cluster.read(server, provider, "ada")))
    });
    for (provider, reads) in PROVIDERS.iter().zip(join_all(remaining).await) {
        row.tally.add(&reads);
        check(&cluster, provider, point, &reads, &mut row).await;
    }
    row
}

/// Has a process killed at a fail point.
async fn kill_at(failpoint: &str, cluster: &Cluster, provider: &Provider, row: &mut Row) {
    let mut victim = cluster.start_server(&format!("{failpoint}=1*return")).await;
    let read = cluster.read(&victim, provider, "ada").await;
    if read.status.is_some() {
        row.expect(false, || format!("{} was not killed, and responded {:?}", provider.name, read.status));
        return;
    }
    let signal = victim.wait();
    row.expect(signal == Some(9), || format!("{}: ended by signal {signal:?}", provider.name));
}

/// Kills a process so many milliseconds after its request reached the provider, which takes longer to respond.
async fn kill_in_flight(cluster: &Cluster, provider: &Provider, after: u64) {
    let (mut victim, before) = (cluster.start_server("").await, cluster.token_requests(provider).await);
    cluster.configure_sandbox(slow_token_endpoints(5_000)).await;
    let read = tokio::spawn(cluster.read(&victim, provider, "ada"));
    cluster.wait_for_token_request(provider, before).await;
    tokio::time::sleep(Duration::from_millis(after)).await;
    victim.kill();
    read.await.unwrap();
    cluster.clear_faults().await;
}

/// No grant is lost, except where its tokens were; then the user is told to reconnect, and why.
async fn check(cluster: &Cluster, provider: &Provider, point: &Point, reads: &[Read], row: &mut Row) {
    let (name, counts) = (provider.name, cluster.counts(provider).await);
    row.counts.add(counts);
    let tokens_lost = point.has_unsaved_tokens && provider.rotates;
    let expected = if tokens_lost { Outcome::ReconnectRequired } else { Outcome::Served };
    for read in reads.iter().filter(|read| read.outcome() != expected) {
        row.expect(false, || format!("{name}: {read}"));
    }
    // Without rotation the old refresh token is still valid, and is used once more.
    let refreshes = if point.has_unsaved_tokens && !provider.rotates { 2 } else { 1 };
    row.expect(counts.refreshes == refreshes, || format!("{name}: {} refreshes", counts.refreshes));
    let reused = u64::from(tokens_lost);
    row.expect(counts.reused_tokens == reused, || format!("{name}: {} tokens reused", counts.reused_tokens));
    if tokens_lost {
        let load = cluster.load(&cluster.servers[0], provider, "ada").await;
        let is_reported = load.reports_lost_tokens() && reads.iter().all(Read::reports_lost_tokens);
        row.lost += usize::from(!is_reported);
        row.expect(is_reported, || format!("{name}: a load: {load}"));
    } else {
        let alive = cluster.is_alive(&cluster.servers[1], provider, "ada").await;
        row.lost += usize::from(!alive);
        row.expect(alive, || format!("{name}: the grant is lost"));
    }
}
