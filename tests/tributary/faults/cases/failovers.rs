//! A replica takes over from its primary, which was killed or hands over, while users connect and programs load. Who was
//! told that they are connected stays connected, unless the log says that no replica had confirmed it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use futures::{StreamExt, future::join_all, stream};

use crate::{
    faults::{
        case::Case,
        cluster::Cluster,
        options::Options,
        provider::{PROVIDERS, Provider},
        table::Row,
        token_read::Outcome,
    },
    support::{process::try_connect, redis_cluster::RedisCluster, redis_sentinel::RedisSentinel},
};

/// Several Redis servers.
enum Servers {
    Cluster(RedisCluster),
    Sentinel(Box<RedisSentinel>),
}

#[derive(Clone, Copy)]
struct Failover {
    name: &'static str,
    /// Whether it belongs to the short form. `store/replicated.rs` hands over as well.
    is_short: bool,
    start: fn() -> Servers,
    begin: fn(&mut Servers),
}

static FAILOVERS: [Failover; 4] = [
    Failover { name: "Redis Cluster, a primary killed", is_short: true, start: cluster, begin: Servers::kill },
    Failover {
        name: "Redis Cluster, a primary hands over",
        is_short: false,
        start: cluster,
        begin: Servers::hand_over,
    },
    Failover { name: "Redis Sentinel, the primary killed", is_short: true, start: sentinel, begin: Servers::kill },
    Failover {
        name: "Redis Sentinel, the primary hands over",
        is_short: false,
        start: sentinel,
        begin: Servers::hand_over,
    },
];

/// Users who connect at the same time, and loads.
const CONCURRENT: usize = 20;

const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// HubSpot issues a grant for each user of one account.
static PROVIDER: &Provider = &PROVIDERS[0];

fn cluster() -> Servers {
    Servers::Cluster(RedisCluster::start())
}

fn sentinel() -> Servers {
    Servers::Sentinel(Box::new(RedisSentinel::start()))
}

impl Servers {
    fn url(&self) -> &str {
        match self {
            Self::Cluster(cluster) => &cluster.url,
            Self::Sentinel(sentinel) => &sentinel.url,
        }
    }

    fn kill(&mut self) {
        match self {
            Self::Cluster(cluster) => {
                cluster.nodes[0].kill();
                cluster.wait_until_primary(3);
            }
            Self::Sentinel(sentinel) => {
                sentinel.primary.kill();
                sentinel.wait_until_taken_over();
            }
        }
    }

    fn hand_over(&mut self) {
        match self {
            Self::Cluster(cluster) => cluster.hand_over(3),
            Self::Sentinel(sentinel) => sentinel.hand_over(),
        }
    }
}

pub fn cases(options: Options) -> Vec<Case> {
    let case = |failover: &'static Failover| {
        Case::new(failover.name, "connect and load, then token", move |row| run(options, failover, row))
    };
    FAILOVERS.iter().filter(|failover| options.is_long || failover.is_short).map(case).collect()
}

async fn run(options: Options, failover: &Failover, mut row: Row) -> Row {
    let mut servers = tokio::task::block_in_place(failover.start);
    let cluster = Cluster::start(servers.url(), &[""; 3]).await;
    let count = options.rounds(60, 200);
    row.rounds = 1;
    let before: Vec<_> = (0..CONCURRENT).map(|number| format!("before-{number}")).collect();
    join_all(before.iter().map(|user| cluster.connect(&cluster.servers[0], PROVIDER, user))).await;

    // The failover and the loads begin when a third of the users are connected.
    let connected = Arc::new(AtomicUsize::new(0));
    let connect = |number: usize| {
        let (url, connected) = (cluster.servers[number % 3].url.clone(), connected.clone());
        async move {
            let user = format!("user-{number}");
            let is_connected = try_connect(&url, PROVIDER.slug, [("org_id", "acme"), ("user_id", &user)]).await;
            connected.fetch_add(usize::from(is_connected), Relaxed);
            is_connected.then_some(user)
        }
    };
    let connects: Vec<_> = (0..count).map(connect).collect();
    let connects = stream::iter(connects);
    let connects =
        tokio::spawn(connects.buffer_unordered(CONCURRENT).filter_map(std::future::ready).collect::<Vec<_>>());
    while connected.load(Relaxed) < count / 3 {
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    let loads: Vec<_> = (0..count)
        .map(|number| cluster.load(&cluster.servers[number % 3], PROVIDER, &before[number % CONCURRENT]))
        .collect();
    let loads = tokio::spawn(stream::iter(loads).buffer_unordered(CONCURRENT).collect::<Vec<_>>());
    tokio::task::block_in_place(|| (failover.begin)(&mut servers));

    let (connects, loads) = (connects.await.unwrap(), loads.await.unwrap());
    row.tally.add(&loads);
    for load in &loads {
        let is_kept = !matches!(load.outcome(), Outcome::NotConnected | Outcome::ReconnectRequired);
        row.expect(is_kept, || format!("a load: {load}"));
    }
    let logs: String = cluster.servers.iter().map(|server| server.log()).collect();
    for user in before.iter().chain(&connects) {
        let read = loop {
            let read = cluster.read(&cluster.servers[1], PROVIDER, user).await;
            row.tally.add([&read]);
            if read.outcome() != Outcome::StoreUnavailable {
                break read;
            }
        };
        let is_logged = logs
            .lines()
            .any(|line| line.contains("no replica has confirmed a write") && line.contains(&format!("/acme/{user}\"")));
        let is_lost = read.outcome() != Outcome::Served && !is_logged;
        row.lost += usize::from(is_lost);
        row.expect(!is_lost, || format!("{user} is lost: {read}"));
    }
    // Most users are not connected while a primary is away, so there have to be some afterwards, too.
    row.expect(connects.len() >= count / 3, || format!("only {} of {count} connected", connects.len()));
    row
}
