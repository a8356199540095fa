//! The store becomes unavailable during a refresh: it is killed and restarted, paused, or replaced by an empty one.

use std::time::{Duration, Instant};

use futures::future::join_all;
use rand::{RngExt, rngs::StdRng, seq::IndexedRandom};

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
    support::{process::Process, redis::RedisServer},
};

struct Outage {
    name: &'static str,
    begin: fn(&mut RedisServer),
    duration: Duration,
    end: fn(&mut RedisServer),
    /// Whether the store is empty afterwards.
    loses_data: bool,
}

static OUTAGES: [Outage; 3] = [
    Outage {
        name: "Redis killed, restarted after 5 s, all",
        begin: RedisServer::kill,
        duration: Duration::from_secs(5),
        end: RedisServer::restart,
        loses_data: false,
    },
    Outage {
        name: "Redis paused for 15 s, all",
        begin: |redis| redis.pause(),
        duration: Duration::from_secs(15),
        end: |redis| redis.resume(),
        loses_data: false,
    },
    Outage {
        name: "Redis fails over to an empty replica, all",
        begin: RedisServer::fail_over,
        duration: Duration::ZERO,
        end: |_| {},
        loses_data: true,
    },
];

pub fn cases(options: Options) -> Vec<Case> {
    let case = |outage: &'static Outage| Case::new(outage.name, "token, expired", move |row| run(options, outage, row));
    OUTAGES.iter().map(case).collect()
}

async fn run(options: Options, outage: &Outage, mut row: Row) -> Row {
    let (mut redis, mut rng) = (RedisServer::start(), options.rng(&row.case));
    let cluster = Cluster::start(&redis.url, &[""; 3]).await;
    row.rounds = options.rounds(1, 5);
    for _ in 0..row.rounds {
        cluster.connect_all("ada").await;
        round(&mut redis, &cluster, outage, &mut rng, &mut row).await;
    }
    row
}

async fn round(redis: &mut RedisServer, cluster: &Cluster, outage: &Outage, rng: &mut StdRng, row: &mut Row) {
    let grants = StoredGrants::open(&redis.url).await;
    cluster.configure_sandbox(slow_token_endpoints(1_500)).await;
    let (mut before, mut in_flight) = (Vec::new(), Vec::new());
    for provider in &PROVIDERS {
        grants.expire_in(provider, "ada", rng.random_range(-60..0)).await;
        before.push((cluster.counts(provider).await, grants.version(provider, "ada").await));
        let (server, requests) = (cluster.servers.choose(rng).unwrap(), cluster.token_requests(provider).await);
        in_flight.push(tokio::spawn(cluster.read(server, provider, "ada")));
        cluster.wait_for_token_request(provider, requests).await;
    }
    drop(grants);
    // The outage begins before the token endpoints respond, or at that moment.
    tokio::time::sleep(Duration::from_millis(rng.random_range(0..1_600))).await;
    (outage.begin)(redis);
    let began = Instant::now();
    while began.elapsed() < outage.duration {
        let requests =
            PROVIDERS.iter().map(|provider| cluster.read(cluster.servers.choose(rng).unwrap(), provider, "ada"));
        let reads = join_all(requests).await;
        row.tally.add(&reads);
        // A read that began at the very end may have finished after the outage.
        for read in reads.iter().filter(|_| began.elapsed() < outage.duration) {
            row.expect(read.outcome() == Outcome::StoreUnavailable, || format!("during the outage: {read}"));
        }
    }
    (outage.end)(redis);
    cluster.clear_faults().await;

    let grants = StoredGrants::open(&redis.url).await;
    for (index, (provider, in_flight)) in PROVIDERS.iter().zip(in_flight).enumerate() {
        let read = in_flight.await.unwrap();
        row.tally.add([&read]);
        let (counts, version) = before[index];
        let counts = cluster.counts(provider).await.since(counts);
        row.counts.add(counts);
        let name = provider.name;
        row.expect(counts.refreshes == 1, || format!("{name}: {} refreshes", counts.refreshes));
        row.expect(counts.reused_tokens == 0, || format!("{name}: {} tokens reused", counts.reused_tokens));
        if outage.loses_data {
            check_disconnected(cluster, &grants, provider, &read, row).await;
        } else {
            check_saved(cluster, &grants, provider, version, &read, row).await;
        }
    }
}

/// The refresh that was in flight is saved, and nothing older.
async fn check_saved(
    cluster: &Cluster,
    grants: &StoredGrants,
    provider: &Provider,
    version: u64,
    in_flight: &Read,
    row: &mut Row,
) {
    let name = provider.name;
    row.expect(in_flight.outcome() == Outcome::Served, || format!("{name}: the read in flight: {in_flight}"));
    for server in &cluster.servers {
        let read = read_when_available(cluster, server, provider, row).await;
        let is_newest = read.token().is_some() && read.token() == in_flight.token();
        row.expect(is_newest, || format!("{name}: afterwards: {read}"));
    }
    let now = grants.version(provider, "ada").await;
    row.expect(now == version + 1, || format!("{name}: version {version} became {now}"));
    let alive = cluster.is_alive(&cluster.servers[0], provider, "ada").await;
    row.lost += usize::from(!alive);
    row.expect(alive, || format!("{name}: the grant is lost"));
}

/// The user is not connected any more: the refresh that was in flight writes nothing, and connecting works.
async fn check_disconnected(
    cluster: &Cluster,
    grants: &StoredGrants,
    provider: &Provider,
    in_flight: &Read,
    row: &mut Row,
) {
    let name = provider.name;
    // It may have been served just before the failover.
    let is_expected = matches!(in_flight.outcome(), Outcome::NotConnected | Outcome::Served);
    row.expect(is_expected, || format!("{name}: the read in flight: {in_flight}"));
    for server in &cluster.servers {
        let read = read_when_available(cluster, server, provider, row).await;
        row.expect(read.outcome() == Outcome::NotConnected, || format!("{name}: {read}"));
    }
    let stale = grants.grant(provider, "ada").await;
    row.expect(stale.is_none(), || format!("{name}: a grant was written into the empty store"));
    cluster.connect(&cluster.servers[0], provider, "ada").await;
    let alive = cluster.is_alive(&cluster.servers[1], provider, "ada").await;
    row.expect(alive, || format!("{name}: reconnecting does not help"));
}

/// Reads until the process is connected to the store again.
async fn read_when_available(cluster: &Cluster, server: &Process, provider: &Provider, row: &mut Row) -> Read {
    loop {
        let read = cluster.read(server, provider, "ada").await;
        row.tally.add([&read]);
        if read.outcome() != Outcome::StoreUnavailable {
            return read;
        }
    }
}
