//! The store goes away in the middle of a refresh: killed and started again, paused, or replaced by one that is empty.

use std::time::{Duration, Instant};

use futures::future::join_all;
use rand::{RngExt, rngs::StdRng, seq::IndexedRandom};

use super::{
    case::Case,
    grants::StoredGrants,
    plan::Plan,
    provider::{PROVIDERS, Provider, slow},
    read::{Outcome, Read},
    stage::Stage,
    table::Row,
};
use crate::redis::Redis;

/// One way to go away.
struct Outage {
    name: &'static str,
    begin: fn(&mut Redis),
    lasts: Duration,
    end: fn(&mut Redis),
    /// Whether what was stored is gone afterwards.
    forgets: bool,
}

static OUTAGES: [Outage; 3] = [
    Outage {
        name: "Redis killed, 5 s later restarted, all",
        begin: Redis::kill,
        lasts: Duration::from_secs(5),
        end: Redis::restart,
        forgets: false,
    },
    Outage {
        name: "Redis paused for 15 s, all",
        begin: |redis| redis.pause(),
        lasts: Duration::from_secs(15),
        end: |redis| redis.resume(),
        forgets: false,
    },
    Outage {
        name: "Redis fails over to an empty replica, all",
        begin: Redis::fail_over,
        lasts: Duration::ZERO,
        end: |_| {},
        forgets: true,
    },
];

pub fn cases(plan: Plan) -> Vec<Case> {
    let away =
        |outage: &'static Outage| Case::new(outage.name, "credentials, ended", move |row| away(plan, outage, row));
    OUTAGES.iter().map(away).collect()
}

async fn away(plan: Plan, outage: &Outage, mut row: Row) -> Row {
    let (mut redis, mut chance) = (Redis::start(), plan.chance(&row.case));
    let stage = Stage::start(&redis.url, &[""; 3]).await;
    row.rounds = plan.either(1, 5);
    for _ in 0..row.rounds {
        stage.connect_all("ada").await;
        round(&mut redis, &stage, outage, &mut chance, &mut row).await;
    }
    row
}

async fn round(redis: &mut Redis, stage: &Stage, outage: &Outage, chance: &mut StdRng, row: &mut Row) {
    let vault = StoredGrants::open(&redis.url).await;
    stage.steer(slow(1_500)).await;
    let (mut before, mut under_way) = (Vec::new(), Vec::new());
    for provider in &PROVIDERS {
        vault.age(provider, "ada", chance.random_range(-60..0)).await;
        before.push((stage.counted(provider).await, vault.version(provider, "ada").await));
        let (server, asked) = (stage.servers.choose(chance).unwrap(), stage.asked(provider).await);
        under_way.push(tokio::spawn(stage.read(server, provider, "ada")));
        stage.until_asked(provider, asked).await;
    }
    drop(vault);
    // The store is away before the answers come, or just then.
    tokio::time::sleep(Duration::from_millis(chance.random_range(0..1_600))).await;
    (outage.begin)(redis);
    let began = Instant::now();
    while began.elapsed() < outage.lasts {
        let asked = PROVIDERS.iter().map(|provider| stage.read(stage.servers.choose(chance).unwrap(), provider, "ada"));
        let reads = join_all(asked).await;
        row.tally.count(&reads);
        // One that began at the very end may have been answered after it.
        for read in reads.iter().filter(|_| began.elapsed() < outage.lasts) {
            row.expect(read.outcome() == Outcome::StoreAway, || format!("meanwhile: {read}"));
        }
    }
    (outage.end)(redis);
    stage.heal().await;

    let vault = StoredGrants::open(&redis.url).await;
    for (place, (provider, under_way)) in PROVIDERS.iter().zip(under_way).enumerate() {
        let read = under_way.await.unwrap();
        row.tally.count([&read]);
        let (counted, version) = before[place];
        let counted = stage.counted(provider).await.since(counted);
        row.counted.add(counted);
        let name = provider.name;
        row.expect(counted.refreshes == 1, || format!("{name}: {} refreshes", counted.refreshes));
        row.expect(counted.reused_tokens == 0, || format!("{name}: {} tokens reused", counted.reused_tokens));
        if outage.forgets {
            forgotten(stage, &vault, provider, &read, row).await;
        } else {
            kept(stage, &vault, provider, version, &read, row).await;
        }
    }
}

/// The refresh that was under way is saved, and nothing older.
async fn kept(stage: &Stage, vault: &StoredGrants, provider: &Provider, version: u64, under_way: &Read, row: &mut Row) {
    let name = provider.name;
    row.expect(under_way.outcome() == Outcome::Served, || format!("{name}: who had waited: {under_way}"));
    for server in &stage.servers {
        let read = back(stage, server, provider, row).await;
        let is_newest = read.token().is_some() && read.token() == under_way.token();
        row.expect(is_newest, || format!("{name}: afterwards: {read}"));
    }
    let now = vault.version(provider, "ada").await;
    row.expect(now == version + 1, || format!("{name}: version {version} became {now}"));
    let alive = stage.is_alive(&stage.servers[0], provider, "ada").await;
    row.lost += usize::from(!alive);
    row.expect(alive, || format!("{name}: the grant is lost"));
}

/// That nobody is connected is the truth now: the refresh that was under way writes nothing, and connecting works.
async fn forgotten(stage: &Stage, vault: &StoredGrants, provider: &Provider, under_way: &Read, row: &mut Row) {
    let name = provider.name;
    // It may have been answered just before.
    let is_true = matches!(under_way.outcome(), Outcome::NotConnected | Outcome::Served);
    row.expect(is_true, || format!("{name}: who had waited: {under_way}"));
    for server in &stage.servers {
        let read = back(stage, server, provider, row).await;
        row.expect(read.outcome() == Outcome::NotConnected, || format!("{name}: {read}"));
    }
    let stale = vault.grant(provider, "ada").await;
    row.expect(stale.is_none(), || format!("{name}: a grant was written into the empty store"));
    stage.connect(&stage.servers[0], provider, "ada").await;
    let alive = stage.is_alive(&stage.servers[1], provider, "ada").await;
    row.expect(alive, || format!("{name}: connecting again does not help"));
}

/// Asks until the process has found the store again.
async fn back(stage: &Stage, server: &crate::process::Process, provider: &Provider, row: &mut Row) -> Read {
    loop {
        let read = stage.read(server, provider, "ada").await;
        row.tally.count([&read]);
        if read.outcome() != Outcome::StoreAway {
            return read;
        }
    }
}
