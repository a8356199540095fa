//! The token endpoint fails, and the old token has a minute or more to live: it goes on being served.

use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};

use super::{
    case::Case,
    grants::StoredGrants,
    provider::{PROVIDERS, Provider, faults},
    read::{Outcome, Read},
    stage::Stage,
    table::Row,
};
use crate::redis::Redis;

/// How the endpoint fails.
struct Fault {
    name: &'static str,
    rule: fn() -> Value,
    /// Whether the provider makes new tokens all the same.
    mints: bool,
}

static FAULTS: [Fault; 6] = [
    Fault { name: "answers 500", rule: || json!({"kind": "status", "status": 500}), mints: false },
    Fault { name: "answers 503", rule: || json!({"kind": "status", "status": 503}), mints: false },
    Fault { name: "answers 429", rule: || json!({"kind": "status", "status": 429, "retry_after": 1}), mints: false },
    Fault { name: "mints, and its answer is lost", rule: || json!({"kind": "drop_after"}), mints: true },
    Fault { name: "mints, and its JSON is cut", rule: || json!({"kind": "truncate"}), mints: true },
    Fault { name: "mints, and its JSON is not whole", rule: || json!({"kind": "malformed"}), mints: true },
];

/// The program waits for half a minute at most.
static SLOW: Fault =
    Fault { name: "takes longer than 30 s", rule: || json!({"kind": "slow", "slow_ms": 31_000}), mints: false };

/// How many ask at once, of one process; and again one after the other.
const READS: usize = 20;

/// Whoever asks for a token that is good has it within this time, however long the endpoint takes.
const PROMPT: Duration = Duration::from_secs(5);

pub fn cases() -> Vec<Case> {
    FAULTS.iter().map(case).collect()
}

pub fn slow() -> Case {
    case(&SLOW)
}

fn case(fault: &'static Fault) -> Case {
    let name = format!("token endpoint {}, all", fault.name);
    Case::new(name, "credentials, valid for 2 minutes", move |row| failing(fault, row))
}

async fn failing(fault: &Fault, mut row: Row) -> Row {
    let redis = Redis::start();
    let (stage, vault) = (Stage::start(&redis.url, &["", ""]).await, StoredGrants::open(&redis.url).await);
    // What Airtable says within some seconds of a refresh is another case than this.
    stage.steer(json!({"airtable": {"conflict_seconds": 0}})).await;
    stage.connect_all("ada").await;
    row.rounds = 1;
    for provider in &PROVIDERS {
        vault.age(provider, "ada", 120).await;
    }
    stage.steer(faults(&(fault.rule)())).await;
    let served = join_all(PROVIDERS.iter().map(|provider| serve(&stage, provider))).await;
    stage.heal().await;
    for (provider, reads) in PROVIDERS.iter().zip(served) {
        vault.at_rest(provider, "ada").await;
        // While it is valid it would be served for the pause after the failure, by all processes.
        vault.age(provider, "ada", 0).await;
        vault.end_pause(provider, "ada").await;
        row.tally.count(&reads);
        for read in reads.iter().filter(|read| read.outcome() != Outcome::Served) {
            row.expect(false, || format!("{}: {:?} {}", provider.name, read.status, read.body));
        }
        heal(&stage, provider, fault, &mut row).await;
    }
    let slowest = row.tally.slowest;
    row.expect(slowest < PROMPT, || format!("a good token was served after {:.1} s", slowest.as_secs_f64()));
    row
}

/// Many reads of one process while the endpoint fails.
async fn serve(stage: &Stage, provider: &Provider) -> Vec<Read> {
    let server = &stage.servers[0];
    let mut reads = join_all((0..READS).map(|_| stage.read(server, provider, "ada"))).await;
    for _ in 0..READS {
        reads.push(stage.read(server, provider, "ada").await);
    }
    reads
}

/// The endpoint works again, and another process asks it.
async fn heal(stage: &Stage, provider: &Provider, fault: &Fault, row: &mut Row) {
    let name = provider.name;
    // One is of connecting.
    let asked = stage.asked(provider).await - 1;
    // On a busy machine the reads take longer than the first pauses, of 2 and of 8 seconds.
    row.expect((1..=3).contains(&asked), || format!("{name}: the failing endpoint was asked {asked} times"));
    let read = stage.read(&stage.servers[1], provider, "ada").await;
    row.tally.count([&read]);
    let counted = stage.counted(provider).await;
    row.counted.add(counted);
    let is_told = fault.mints && provider.rotates;
    let refreshes = if fault.mints && !provider.rotates { asked + 1 } else { 1 };
    row.expect(counted.refreshes == refreshes, || format!("{name}: {} refreshes", counted.refreshes));
    // The first try spent it, each further one spends it again.
    row.expect(counted.reused_tokens == if is_told { asked } else { 0 }, || {
        format!("{name}: {} tokens reused", counted.reused_tokens)
    });
    if is_told {
        row.lost += usize::from(!read.tells_of_the_window());
        row.expect(read.tells_of_the_window(), || format!("{name}: the person is told {read}"));
    } else {
        let alive = stage.is_alive(&stage.servers[0], provider, "ada").await;
        row.lost += usize::from(!alive);
        row.expect(alive, || format!("{name}: the grant is lost: {read}"));
    }
}
