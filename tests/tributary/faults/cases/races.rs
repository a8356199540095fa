//! Many who ask at once, in three processes, for a token that has to be refreshed.

use std::collections::HashSet;

use futures::future::join_all;
use rand::{RngExt, seq::SliceRandom};
use serde_json::json;

use super::{
    case::Case,
    grants::StoredGrants,
    plan::Plan,
    provider::{PROVIDERS, Provider, slow},
    read::Outcome,
    stage::Stage,
    table::Row,
};
use crate::redis::Redis;

/// How many ask each process at once.
const READS: usize = 200;

/// How many loads run in each process at once. Notion allows three requests a second, so that more would only wait.
const LOADS: usize = 3;

pub fn cases(plan: Plan) -> Vec<Case> {
    let race = |provider: &'static Provider| {
        let name = format!("3 processes × {READS} reads at once, {}", provider.name);
        Case::new(name, "credentials, ends within a minute or ended", move |row| reads(plan, provider, row))
    };
    let loads = Case::new(
        format!("3 processes × {LOADS} loads at once, all"),
        "load, token refused by the provider",
        move |row| loads(plan, row),
    );
    PROVIDERS.iter().map(race).chain([loads]).collect()
}

async fn reads(plan: Plan, provider: &'static Provider, mut row: Row) -> Row {
    let (redis, mut chance) = (Redis::start(), plan.chance(&row.case));
    let (stage, vault) = (Stage::start(&redis.url, &[""; 3]).await, StoredGrants::open(&redis.url).await);
    stage.steer(json!({"hubspot": {"rotate_refresh": "dead"}})).await;
    stage.connect_all("ada").await;
    row.rounds = plan.either(3, 50);
    for round in 1..=row.rounds {
        let ends_in = chance.random_range(-60..60);
        vault.age(provider, "ada", ends_in).await;
        // Long enough for most to arrive before the answer.
        stage.steer(slow(chance.random_range(500..1_500))).await;
        let (before, version) = (stage.counted(provider).await, vault.version(provider, "ada").await);

        let mut asked: Vec<_> = (0..3 * READS).map(|place| &stage.servers[place % 3]).collect();
        asked.shuffle(&mut chance);
        let reads = join_all(asked.into_iter().map(|server| stage.read(server, provider, "ada"))).await;
        vault.at_rest(provider, "ada").await;

        row.tally.count(&reads);
        let counted = stage.counted(provider).await.since(before);
        row.counted.add(counted);
        let when = || format!("round {round}, where the token ended in {ends_in} s");
        row.expect(counted.refreshes == 1, || format!("{} refreshes in {}", counted.refreshes, when()));
        row.expect(counted.reused_tokens == 0, || format!("{} spent twice in {}", counted.reused_tokens, when()));
        for read in reads.iter().filter(|read| read.outcome() != Outcome::Served) {
            row.expect(false, || format!("{read} in {}", when()));
        }
        let now = vault.version(provider, "ada").await;
        row.expect(now == version + 1, || format!("version {version} became {now} in {}", when()));
        let given: HashSet<_> = reads.iter().filter_map(|read| read.token()).collect();
        let most = if ends_in > 0 { 2 } else { 1 };
        row.expect(given.len() <= most, || format!("{} different tokens in {}", given.len(), when()));
        let alive = stage.is_alive(&stage.servers[0], provider, "ada").await;
        row.lost = usize::from(!alive);
        row.expect(alive, || format!("no token that works after {}", when()));
    }
    row
}

async fn loads(plan: Plan, mut row: Row) -> Row {
    let redis = Redis::start();
    let stage = Stage::start(&redis.url, &[""; 3]).await;
    stage.steer(json!({"hubspot": {"rotate_refresh": "dead"}})).await;
    stage.steer(slow(300)).await;
    stage.connect_all("ada").await;
    row.rounds = plan.either(2, 3);
    for round in 1..=row.rounds {
        stage.control("expire", json!({})).await;
        for provider in &PROVIDERS {
            let before = stage.counted(provider).await;
            let asked = stage.servers.iter().cycle().take(3 * LOADS);
            let loads = join_all(asked.map(|server| stage.load(server, provider, "ada"))).await;
            row.tally.count(&loads);
            let counted = stage.counted(provider).await.since(before);
            row.counted.add(counted);
            let name = provider.name;
            row.expect(counted.refreshes == 1, || format!("{} refreshes, {name}, round {round}", counted.refreshes));
            row.expect(counted.reused_tokens == 0, || format!("a token spent twice, {name}, round {round}"));
            for load in loads.iter().filter(|load| load.outcome() != Outcome::Served) {
                row.expect(false, || format!("{load}, {name}, round {round}"));
            }
        }
    }
    row
}
