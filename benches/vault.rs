//! The vault: access token reads on both stores beside what Redis itself achieves, and a key rotation under reads.
//!
//! Everything runs on this machine, in one run. It needs `redis-server` and `redis-benchmark` in the path.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use tributary::{
    model::{Account, Subject},
    server::{
        AppState,
        audit::Actor,
        config::Config,
        connections::ConnectionKey,
        providers::client::oauth::TokenResponse,
        store::{Embedded, Redis, Store},
    },
};

/// Concurrent readers: as many as redis-benchmark's connections by default.
const CONCURRENCY: usize = 50;
const READS: usize = 100_000;
const GRANTS: usize = 10_000;
const K1: &str = "k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
const K2: &str = "k2:YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY=";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let redis = RedisServer::start(folder.path())?;

    println!("\n{READS} reads of an access token, {CONCURRENCY} concurrently, over {GRANTS} grants:\n");
    println!("| read | per second | p50 ms | p99 ms | ratio to redis-benchmark |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    let baseline = redis.benchmark()?;
    row("redis-benchmark GET, 600 bytes", &baseline, &baseline);

    let embedded: Arc<dyn Store> = Arc::new(Embedded::open(&folder.path().join("bench.redb"))?);
    let shared: Arc<dyn Store> = Arc::new(Redis::connect(&redis.url).await?);
    for (name, store) in
        [("an access token from Redis", &shared), ("an access token from the embedded store", &embedded)]
    {
        let state = state(store.clone(), K1)?;
        fill(&state).await?;
        row(name, &reads(&state).await?, &baseline);
    }

    println!("\n`encryption-keys rotate` of {GRANTS} grants under {CONCURRENCY} readers:\n");
    println!(
        "| store | grants rotated | seconds | grants per second | concurrent reads | errors | left with the old key |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    for (name, store) in [("Redis", shared), ("embedded", embedded)] {
        rotate(name, store).await?;
    }
    Ok(())
}

/// A measured speed, with durations in milliseconds.
struct Speed {
    per_second: f64,
    p50: f64,
    p99: f64,
}

fn row(name: &str, speed: &Speed, baseline: &Speed) {
    let Speed { per_second, p50, p99 } = speed;
    println!("| {name} | {per_second:.0} | {p50:.2} | {p99:.2} | {:.2} |", per_second / baseline.per_second);
}

/// The state of a server with these keys. No provider is contacted.
fn state(store: Arc<dyn Store>, keys: &str) -> anyhow::Result<AppState> {
    let config = Config::read(&|name| match name {
        "TRIBUTARY_ENCRYPTION_KEYS" => Some(keys.to_owned()),
        "TRIBUTARY_API_KEY" => Some("an-api-key-for-the-benchmark".to_owned()),
        _ => None,
    })?;
    AppState::new(config, store, Arc::new(Timestamp::now))
}

fn key(number: usize) -> anyhow::Result<ConnectionKey> {
    let subject = Subject::new("bench", format!("user-{number}"))?;
    Ok(ConnectionKey::new(&subject, "hubspot")?)
}

async fn fill(state: &AppState) -> anyhow::Result<()> {
    let saves = (0..GRANTS).map(|number| async move {
        let text = serde_json::json!({
            "access_token": "a".repeat(300), "refresh_token": "r".repeat(36), "expires_in": 86_400,
            "scopes": ["crm.objects.contacts.read"],
        });
        let account = Account { id: number.to_string(), name: Some("acme.example".to_owned()), url: None };
        let response = TokenResponse::parse(text.to_string().as_bytes())?;
        let (key, actor) = (key(number)?, Actor::command_line());
        state.grants.connect(&key, account, response, Timestamp::now(), &actor).await?;
        anyhow::Ok(())
    });
    stream::iter(saves).buffer_unordered(CONCURRENCY).try_collect().await
}

async fn reads(state: &AppState) -> anyhow::Result<Speed> {
    let began = Instant::now();
    let readers = (0..CONCURRENCY).map(|reader| {
        let state = state.clone();
        tokio::spawn(async move {
            let mut times = Vec::with_capacity(READS / CONCURRENCY);
            for read in 0..READS / CONCURRENCY {
                let key = key((reader * 7919 + read * 104_729) % GRANTS)?;
                let started = Instant::now();
                state.grants.refresher.access_token(&key, &Actor::command_line()).await?;
                times.push(started.elapsed());
            }
            anyhow::Ok(times)
        })
    });
    let mut times = Vec::with_capacity(READS);
    for reader in readers.collect::<Vec<_>>() {
        times.extend(reader.await??);
    }
    let per_second = times.len() as f64 / began.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |share: f64| times[(times.len() as f64 * share) as usize].as_secs_f64() * 1000.0;
    Ok(Speed { per_second, p50: at(0.5), p99: at(0.99) })
}

async fn rotate(name: &str, store: Arc<dyn Store>) -> anyhow::Result<()> {
    // The servers have both keys already; the command encrypts with the new one.
    let (server, command) = (state(store.clone(), &format!("{K1},{K2}"))?, state(store, &format!("{K2},{K1}"))?);
    let (done, read, errors) =
        (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
    let readers: Vec<_> = (0..CONCURRENCY)
        .map(|reader| {
            let (server, done, read, errors) = (server.clone(), done.clone(), read.clone(), errors.clone());
            tokio::spawn(async move {
                let mut number = reader * 199;
                while !done.load(Relaxed) {
                    number = (number + 7919) % GRANTS;
                    let token = match key(number) {
                        Ok(key) => server.grants.refresher.access_token(&key, &Actor::command_line()).await.is_ok(),
                        Err(_) => false,
                    };
                    if token { &read } else { &errors }.fetch_add(1, Relaxed);
                }
            })
        })
        .collect();
    let began = Instant::now();
    let rotated = command.grants.rotate_keys(&Actor::command_line()).await?;
    let seconds = began.elapsed().as_secs_f64();
    done.store(true, Relaxed);
    for reader in readers {
        reader.await?;
    }
    let left = rotated.usage.get("k1").copied().unwrap_or_default();
    let (read, errors) = (read.load(Relaxed), errors.load(Relaxed));
    let speed = rotated.rotated as f64 / seconds;
    println!("| {name} | {} | {seconds:.2} | {speed:.0} | {read} | {errors} | {left} |", rotated.rotated);
    ensure!(errors == 0 && left == 0 && rotated.unreadable.is_empty(), "a key rotation caused errors");
    Ok(())
}

/// A Redis server of the benchmark's own, which stops when the value is dropped.
struct RedisServer {
    url: String,
    port: String,
    process: Child,
}

impl RedisServer {
    fn start(folder: &std::path::Path) -> anyhow::Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port().to_string();
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--port", &port, "--save", "", "--appendonly", "no"]);
        let started = command.current_dir(folder).stdout(Stdio::null()).spawn();
        let process = started.context("redis-server is not in the path. Run `make test`, which installs it")?;
        let began = Instant::now();
        while std::net::TcpStream::connect(format!("127.0.0.1:{port}")).is_err() {
            ensure!(began.elapsed() < Duration::from_secs(20), "redis-server does not respond");
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(Self { url: format!("redis://127.0.0.1:{port}"), port, process })
    }

    /// The result of Redis's own tool, for values as large as a grant.
    fn benchmark(&self) -> anyhow::Result<Speed> {
        let (reads, at_once) = (READS.to_string(), CONCURRENCY.to_string());
        let arguments = ["-p", &self.port, "-t", "set,get", "-n", &reads, "-c", &at_once, "-d", "600", "--csv"];
        let output = Command::new("redis-benchmark").args(arguments).output().context("redis-benchmark")?;
        let text = String::from_utf8(output.stdout)?;
        let line =
            text.lines().find(|line| line.starts_with("\"GET\"")).context("redis-benchmark printed no line for GET")?;
        let numbers: Vec<f64> = line.split(',').filter_map(|part| part.trim_matches('"').parse().ok()).collect();
        // rps, then in milliseconds: average, minimum, p50, p95, p99, maximum.
        ensure!(numbers.len() >= 6, "redis-benchmark is older than 6.2 and prints no percentiles: {line}");
        Ok(Speed { per_second: numbers[0], p50: numbers[3], p99: numbers[5] })
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
