//! One process of three has a clock that is ten minutes wrong. The others' tokens look too old or too young to it, and
//! its own to them.

use futures::future::join_all;
use rand::{RngExt, seq::IndexedRandom};
use serde_json::json;

use super::{
    case::Case,
    grants::StoredGrants,
    plan::Plan,
    provider::PROVIDERS,
    read::{Outcome, Read},
    stage::Stage,
    table::Row,
};
use crate::redis::Redis;

/// How many reads follow upon each other, each at a process that chance chooses.
const READS: usize = 200;

/// How many ask each process at once afterwards.
const AT_ONCE: usize = 20;

/// How many seconds the clock is wrong.
const WRONG_BY: u32 = 600;

/// How many seconds before its end a token is due.
const MARGIN: u32 = 300;

/// Lives of access tokens, in seconds: shorter than the clock is wrong, and longer.
const LIVES: [u32; 4] = [300, 600, 1_800, 3_600];

pub fn cases(plan: Plan) -> Vec<Case> {
    let clock = |(word, sign): (&str, &'static str)| {
        let name = format!("one clock of three 10 minutes {word}, all");
        Case::new(name, "credentials, ends within 15 minutes", move |row| wrong(plan, sign, row))
    };
    [("ahead", ""), ("behind", "-")].into_iter().map(clock).collect()
}

async fn wrong(plan: Plan, sign: &str, mut row: Row) -> Row {
    let (redis, mut chance) = (Redis::start(), plan.chance(&row.case));
    let clock = format!("clock=return({sign}{WRONG_BY})");
    let (stage, vault) = (Stage::start(&redis.url, &["", "", &clock]).await, StoredGrants::open(&redis.url).await);
    row.rounds = plan.either(2, 20);
    for round in 1..=row.rounds {
        let life = *LIVES.choose(&mut chance).unwrap();
        let lives = json!({"access_token_seconds": life});
        stage.steer(json!({"hubspot": lives, "airtable": lives})).await;
        // By turns the grant is made by a right clock and read when only one side finds it due, or made by the wrong one.
        let (maker, ends_in) = if round % 2 == 1 { (0, Some(chance.random_range(1..900))) } else { (2, None) };
        for provider in &PROVIDERS {
            let maker = &stage.servers[maker];
            stage.connect(maker, provider, "ada").await;
            if let Some(ends_in) = ends_in {
                vault.age(provider, "ada", ends_in).await;
            }
            let before = stage.counted(provider).await;
            let mut reads: Vec<Read> = Vec::new();
            for _ in 0..READS {
                let server = stage.servers.choose(&mut chance).unwrap();
                reads.push(stage.read(server, provider, "ada").await);
            }
            // And all at once, of a token that ended for everybody.
            vault.age(provider, "ada", -700).await;
            let calm = stage.counted(provider).await;
            let asked = stage.servers.iter().cycle().take(3 * AT_ONCE);
            reads.extend(join_all(asked.map(|server| stage.read(server, provider, "ada"))).await);
            let all = stage.counted(provider).await;

            row.tally.count(&reads);
            row.counted.add(all.since(before));
            let when = format!("{}, round {round}, life {life} s, ends in {ends_in:?} s", provider.name);
            // A right clock's token of a short life is due at once for the clock that is ahead, and the other way round. Then
            // each refreshes once, and the one that looks younger stays.
            let most = if life <= WRONG_BY + MARGIN { 2 } else { 1 };
            for refreshes in [calm.since(before).refreshes, all.since(calm).refreshes] {
                row.expect(refreshes <= most, || format!("{refreshes} refreshes in {when}"));
            }
            let reused = all.since(before).reused_tokens;
            row.expect(reused == 0, || format!("{reused} tokens reused in {when}"));
            for read in reads.iter().filter(|read| read.outcome() != Outcome::Served) {
                row.expect(false, || format!("{read} in {when}"));
            }
            let alive = stage.is_alive(&stage.servers[0], provider, "ada").await;
            row.lost += usize::from(!alive);
            row.expect(alive, || format!("no token that works after {when}"));
        }
    }
    row
}
