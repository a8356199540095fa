//! A claim that nobody will ever end. It holds back neither those whose token is still good, nor for long those whose
//! token has ended.

use std::time::{Duration, Instant};

use super::{
    case::Case,
    grants::StoredGrants,
    provider::PROVIDERS,
    read::{Outcome, Read},
    stage::Stage,
    table::Row,
};
use crate::redis::Redis;

/// How long a claim is respected, and some slack.
const TAKEN_OVER: Duration = Duration::from_secs(85);

/// How long a read may take whose token is good, or whose process could know that a claim is nobody's.
const PROMPT: Duration = Duration::from_secs(5);

pub fn cases() -> Vec<Case> {
    vec![
        Case::new("killed after the claim, token still good, all", "credentials, valid for 4 minutes", still_good),
        Case::new("Redis paused as a claim is written, HubSpot", "credentials, ended", nobodys),
    ]
}

/// Those who read meanwhile are served at once, and the token is refreshed long before its end.
async fn still_good(mut row: Row) -> Row {
    let redis = Redis::start();
    let (stage, vault) = (Stage::start(&redis.url, &["", ""]).await, StoredGrants::open(&redis.url).await);
    stage.connect_all("ada").await;
    row.rounds = 1;
    let mut versions = Vec::new();
    for provider in &PROVIDERS {
        vault.age(provider, "ada", 240).await;
        versions.push(vault.version(provider, "ada").await);
        let mut victim = stage.process("refresh::claimed=1*return").await;
        stage.read(&victim, provider, "ada").await;
        victim.signal();
    }
    let began = Instant::now();
    while began.elapsed() < TAKEN_OVER {
        for (server, provider) in stage.servers.iter().cycle().zip(&PROVIDERS) {
            let read = stage.read(server, provider, "ada").await;
            row.tally.count([&read]);
            prompt(&read, &mut row);
        }
    }
    for (provider, version) in PROVIDERS.iter().zip(versions) {
        row.counted.add(stage.counted(provider).await);
        let now = vault.version(provider, "ada").await;
        let seconds = TAKEN_OVER.as_secs();
        row.expect(now == version + 1, || format!("{}: not refreshed within {seconds} s", provider.name));
    }
    row
}

/// A store that stops just then may write a claim whose maker was told that it was not written.
async fn nobodys(mut row: Row) -> Row {
    let (redis, provider) = (Redis::start(), &PROVIDERS[0]);
    let failpoints = ["refresh::before_claim=1*sleep(1500)", ""];
    let (stage, vault) = (Stage::start(&redis.url, &failpoints).await, StoredGrants::open(&redis.url).await);
    stage.connect(&stage.servers[0], provider, "ada").await;
    // The other process refreshes once, so that Redis knows the script that writes claims.
    vault.age(provider, "ada", -1).await;
    stage.read(&stage.servers[1], provider, "ada").await;
    let before = stage.counted(provider).await;
    vault.age(provider, "ada", -1).await;
    let held_up = tokio::spawn(stage.read(&stage.servers[0], provider, "ada"));
    tokio::time::sleep(Duration::from_millis(700)).await;
    redis.pause();
    let told = held_up.await.unwrap();
    redis.resume();
    row.rounds = 1;
    row.tally.count([&told]);
    row.expect(told.outcome() == Outcome::StoreAway, || told.to_string());
    for server in &stage.servers {
        let read = stage.read(server, provider, "ada").await;
        row.tally.count([&read]);
        prompt(&read, &mut row);
    }
    row.counted.add(stage.counted(provider).await.since(before));
    row.expect(row.counted.reused_tokens == 0, || "a token was spent twice".to_owned());
    row
}

fn prompt(read: &Read, row: &mut Row) {
    row.expect(read.outcome() == Outcome::Served, || read.to_string());
    row.expect(read.took < PROMPT, || format!("a read took {:.1} s", read.took.as_secs_f64()));
}
