//! The token endpoint fails while the old token is valid for two more minutes, so that one continues to be served.

use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};

use crate::{
    faults::{
        case::Case,
        cluster::Cluster,
        provider::{PROVIDERS, Provider, token_endpoint_faults},
        stored_grants::StoredGrants,
        table::Row,
        token_read::{Outcome, Read},
    },
    support::redis::RedisServer,
};

struct Fault {
    name: &'static str,
    rule: fn() -> Value,
    /// Whether the provider issues new tokens despite the fault.
    issues_tokens: bool,
}

static FAULTS: [Fault; 6] = [
    Fault { name: "responds 500", rule: || json!({"kind": "status", "status": 500}), issues_tokens: false },
    Fault { name: "responds 503", rule: || json!({"kind": "status", "status": 503}), issues_tokens: false },
    Fault {
        name: "responds 429",
        rule: || json!({"kind": "status", "status": 429, "retry_after": 1}),
        issues_tokens: false,
    },
    Fault { name: "issues tokens, response lost", rule: || json!({"kind": "drop_after"}), issues_tokens: true },
    Fault { name: "issues tokens, JSON truncated", rule: || json!({"kind": "truncate"}), issues_tokens: true },
    Fault { name: "issues tokens, JSON malformed", rule: || json!({"kind": "malformed"}), issues_tokens: true },
];

/// Longer than the program's timeout of 30 seconds.
static SLOW: Fault =
    Fault { name: "takes 31 s", rule: || json!({"kind": "slow", "slow_ms": 31_000}), issues_tokens: false };

/// Concurrent reads from one process, followed by as many consecutive ones.
const READS: usize = 20;

/// The maximum duration of a read while the token is valid, however long the endpoint takes.
const MAX_DURATION: Duration = Duration::from_secs(5);

pub fn cases() -> Vec<Case> {
    FAULTS.iter().map(case).collect()
}

pub fn slow() -> Case {
    case(&SLOW)
}

fn case(fault: &'static Fault) -> Case {
    let name = format!("token endpoint {}, all", fault.name);
    Case::new(name, "token, valid for 2 minutes", move |row| run(fault, row))
}

async fn run(fault: &Fault, mut row: Row) -> Row {
    let redis = RedisServer::start();
    let (cluster, grants) = (Cluster::start(&redis.url, &["", ""]).await, StoredGrants::open(&redis.url).await);
    // The conflict that Airtable reports for some seconds after a refresh is not part of this case.
    cluster.configure_sandbox(json!({"airtable": {"conflict_seconds": 0}})).await;
    cluster.connect_all("ada").await;
    row.rounds = 1;
    for provider in &PROVIDERS {
        grants.expire_in(provider, "ada", 120).await;
    }
    cluster.configure_sandbox(token_endpoint_faults(&(fault.rule)())).await;
    let served = join_all(PROVIDERS.iter().map(|provider| read_many(&cluster, provider))).await;
    // A read that found the back-off may still wait for its end. It then finds nothing to refresh.
    for provider in &PROVIDERS {
        grants.wait_until_unclaimed(provider, "ada").await;
        grants.expire_in(provider, "ada", 3600).await;
    }
    cluster.clear_faults().await;
    for (provider, reads) in PROVIDERS.iter().zip(served) {
        grants.wait_until_unclaimed(provider, "ada").await;
        // A valid token would be served by all processes until the back-off ends.
        grants.expire_in(provider, "ada", 0).await;
        grants.clear_back_off(provider, "ada").await;
        row.tally.add(&reads);
        for read in reads.iter().filter(|read| read.outcome() != Outcome::Served) {
            row.expect(false, || format!("{}: {:?} {}", provider.name, read.status, read.body));
        }
        check_recovery(&cluster, provider, fault, &mut row).await;
    }
    let slowest = row.tally.slowest;
    row.expect(slowest < MAX_DURATION, || format!("a valid token was served after {:.1} s", slowest.as_secs_f64()));
    row
}

/// Reads from one process while the endpoint fails.
async fn read_many(cluster: &Cluster, provider: &Provider) -> Vec<Read> {
    let server = &cluster.servers[0];
    let mut reads = join_all((0..READS).map(|_| cluster.read(server, provider, "ada"))).await;
    for _ in 0..READS {
        reads.push(cluster.read(server, provider, "ada").await);
    }
    reads
}

/// The endpoint works again, and another process refreshes.
async fn check_recovery(cluster: &Cluster, provider: &Provider, fault: &Fault, row: &mut Row) {
    let name = provider.name;
    let read = cluster.read(&cluster.servers[1], provider, "ada").await;
    row.tally.add([&read]);
    let counts = cluster.counts(provider).await;
    row.counts.add(counts);
    // One request is that of connecting.
    let requests = cluster.token_requests(provider).await - 1;
    // On a busy machine the reads take longer than the first back-offs, of 2 and of 8 seconds.
    row.expect((2..=4).contains(&requests), || format!("{name}: {requests} requests to the token endpoint"));
    let tokens_lost = fault.issues_tokens && provider.rotates;
    let refreshes = if fault.issues_tokens && !provider.rotates { requests } else { 1 };
    row.expect(counts.refreshes == refreshes, || format!("{name}: {} refreshes", counts.refreshes));
    // The first request uses the refresh token, and each further one reuses it.
    row.expect(counts.reused_tokens == if tokens_lost { requests - 1 } else { 0 }, || {
        format!("{name}: {} tokens reused in {requests} requests", counts.reused_tokens)
    });
    if tokens_lost {
        row.lost += usize::from(!read.reports_lost_tokens());
        row.expect(read.reports_lost_tokens(), || format!("{name}: the lost tokens are not reported: {read}"));
    } else {
        let alive = cluster.is_alive(&cluster.servers[0], provider, "ada").await;
        row.lost += usize::from(!alive);
        row.expect(alive, || format!("{name}: the grant is lost: {read}"));
    }
}
