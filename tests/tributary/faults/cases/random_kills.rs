//! Processes that are killed at moments which chance chooses. What the provider and the store have seen by then tells
//! which of them met the window.

use std::time::Duration;

use futures::future::join_all;
use rand::RngExt;
use serde_json::json;

use super::{
    case::Case,
    grants::StoredGrants,
    plan::Plan,
    provider::{PROVIDERS, Provider, slow},
    stage::Stage,
    table::Row,
};
use crate::redis::Redis;

/// How long the token endpoint takes, in milliseconds. A whole refresh takes little more.
const SLOW: u64 = 60;

/// A grant whose refresh was cut off.
struct Struck {
    provider: &'static Provider,
    user: String,
    /// New tokens were made, and not saved.
    is_spent: bool,
}

pub fn cases(plan: Plan) -> Vec<Case> {
    vec![Case::new("killed at random moments, all", "credentials, ended", move |row| killed(plan, row))]
}

async fn killed(plan: Plan, mut row: Row) -> Row {
    let (redis, mut chance) = (Redis::start(), plan.chance(&row.case));
    let (stage, vault) = (Stage::start(&redis.url, &["", ""]).await, StoredGrants::open(&redis.url).await);
    stage.steer(json!({"notion": {"same_user_reconnect": "keeps"}})).await;
    row.rounds = plan.either(9, 60);
    let mut struck = Vec::new();
    for (round, provider) in (0..row.rounds).zip(PROVIDERS.iter().cycle()) {
        let user = format!("user{round}");
        stage.connect(&stage.servers[0], provider, &user).await;
        vault.age(provider, &user, -1).await;
        let after = Duration::from_millis(chance.random_range(0..3 * SLOW));
        let is_spent = strike(&stage, &vault, provider, &user, after).await;
        struck.push(Struck { provider, user, is_spent });
    }
    stage.heal().await;
    let asked = struck.iter().zip(stage.servers.iter().cycle());
    let reads = join_all(asked.map(|(one, server)| stage.read(server, one.provider, &one.user))).await;
    row.tally.count(&reads);
    for (one, read) in struck.iter().zip(reads) {
        let is_well = if one.is_spent && one.provider.rotates {
            read.tells_of_the_window()
        } else {
            stage.is_alive(&stage.servers[0], one.provider, &one.user).await
        };
        row.lost += usize::from(!is_well);
        row.expect(is_well, || format!("{}, {}, spent: {}: {read}", one.provider.name, one.user, one.is_spent));
    }
    let told = struck.iter().filter(|one| one.is_spent && one.provider.rotates).count() as u64;
    for provider in &PROVIDERS {
        row.counted.add(stage.counted(provider).await);
    }
    // Where the old token was spent, it is tried once more, and never again.
    row.expect(row.counted.reused_tokens == told, || format!("{told} met the window"));
    row
}

/// Kills a process so long after it was asked, and tells whether new tokens died with it.
async fn strike(stage: &Stage, vault: &StoredGrants, provider: &Provider, user: &str, after: Duration) -> bool {
    let mut victim = stage.process("").await;
    stage.steer(slow(SLOW)).await;
    let (before, version) = (stage.counted(provider).await, vault.version(provider, user).await);
    let read = tokio::spawn(stage.read(&victim, provider, user));
    tokio::time::sleep(after).await;
    victim.kill();
    read.await.unwrap();
    stage.until_quiet().await;
    let minted = stage.counted(provider).await.since(before).refreshes;
    let saved = vault.version(provider, user).await - version;
    minted > saved
}
