//! A process that is killed in the middle of a refresh. Another one carries on.
//!
//! The named window: a provider that ends a refresh token with its use made new tokens, and they died with the process
//! that had asked for them. There, and nowhere else, the person is told to connect again.

use std::time::Duration;

use futures::future::join_all;
use rand::RngExt;

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

/// Where in a refresh a process is killed.
struct Moment {
    name: &'static str,
    /// The place in the program; none: the request to the provider is under way.
    failpoint: Option<&'static str>,
    /// Whether the provider has made new tokens by then, and nobody has saved them.
    is_window: bool,
}

static MOMENTS: [Moment; 5] = [
    Moment { name: "before the claim", failpoint: Some("refresh::before_claim"), is_window: false },
    Moment { name: "after the claim", failpoint: Some("refresh::claimed"), is_window: false },
    Moment { name: "after sending", failpoint: None, is_window: false },
    Moment { name: "after the answer", failpoint: Some("refresh::answered"), is_window: true },
    Moment { name: "after the save", failpoint: Some("refresh::saved"), is_window: false },
];

/// How many ask each of the two processes that are left.
const READS: usize = 5;

pub fn cases(plan: Plan) -> Vec<Case> {
    let kill = |moment: &'static Moment| {
        let name = format!("killed {}, all", moment.name);
        Case::new(name, "credentials, ended", move |row| killed(plan, moment, row))
    };
    MOMENTS.iter().map(kill).collect()
}

async fn killed(plan: Plan, moment: &Moment, mut row: Row) -> Row {
    let (redis, mut chance) = (Redis::start(), plan.chance(&row.case));
    let (stage, vault) = (Stage::start(&redis.url, &["", ""]).await, StoredGrants::open(&redis.url).await);
    stage.connect_all("ada").await;
    row.rounds = 1;
    for provider in &PROVIDERS {
        vault.age(provider, "ada", chance.random_range(-60..0)).await;
        match moment.failpoint {
            Some(failpoint) => at(failpoint, &stage, provider, &mut row).await,
            None => under_way(&stage, provider, chance.random_range(0..300)).await,
        }
    }
    stage.until_quiet().await;

    let left = PROVIDERS.iter().map(|provider| {
        let asked = stage.servers.iter().cycle().take(2 * READS);
        join_all(asked.map(|server| stage.read(server, provider, "ada")))
    });
    for (provider, reads) in PROVIDERS.iter().zip(join_all(left).await) {
        row.tally.count(&reads);
        judge(&stage, provider, moment, &reads, &mut row).await;
    }
    row
}

/// Has a process killed at a place in the program.
async fn at(failpoint: &str, stage: &Stage, provider: &Provider, row: &mut Row) {
    let mut victim = stage.process(&format!("{failpoint}=1*return")).await;
    let read = stage.read(&victim, provider, "ada").await;
    if read.status.is_some() {
        row.expect(false, || format!("{} was answered: {:?}", provider.name, read.status));
        return;
    }
    let signal = victim.signal();
    row.expect(signal == Some(9), || format!("{}: ended by signal {signal:?}", provider.name));
}

/// Kills a process so many milliseconds after its request reached the provider, which takes longer to answer.
async fn under_way(stage: &Stage, provider: &Provider, after: u64) {
    let (mut victim, before) = (stage.process("").await, stage.asked(provider).await);
    stage.steer(slow(5_000)).await;
    let read = tokio::spawn(stage.read(&victim, provider, "ada"));
    stage.until_asked(provider, before).await;
    tokio::time::sleep(Duration::from_millis(after)).await;
    victim.kill();
    read.await.unwrap();
    stage.heal().await;
}

/// Nothing is lost outside of the window, and whoever is in it is told.
async fn judge(stage: &Stage, provider: &Provider, moment: &Moment, reads: &[Read], row: &mut Row) {
    let (name, counted) = (provider.name, stage.counted(provider).await);
    row.counted.add(counted);
    let meets_the_window = moment.is_window && provider.rotates;
    let wanted = if meets_the_window { Outcome::Told } else { Outcome::Served };
    for read in reads.iter().filter(|read| read.outcome() != wanted) {
        row.expect(false, || format!("{name}: {read}"));
    }
    // Where the old token is still good, it is spent once more.
    let refreshes = if moment.is_window && !provider.rotates { 2 } else { 1 };
    row.expect(counted.refreshes == refreshes, || format!("{name}: {} refreshes", counted.refreshes));
    let reused = u64::from(meets_the_window);
    row.expect(counted.reused_tokens == reused, || format!("{name}: {} tokens reused", counted.reused_tokens));
    if meets_the_window {
        let load = stage.load(&stage.servers[0], provider, "ada").await;
        let is_told = load.tells_of_the_window() && reads.iter().all(Read::tells_of_the_window);
        row.lost += usize::from(!is_told);
        row.expect(is_told, || format!("{name}: a load: {load}"));
    } else {
        let alive = stage.is_alive(&stage.servers[1], provider, "ada").await;
        row.lost += usize::from(!alive);
        row.expect(alive, || format!("{name}: the grant is lost"));
    }
}
