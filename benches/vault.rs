//! The vault: reads of a fresh token on both stores beside what Redis itself does, and a rotation of all keys while reads run.
//!
//! Everything happens on this machine, in one run. It wants `redis-server` and `redis-benchmark` in the path.

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
        config::Config,
        store::{Embedded, Redis, Store},
        tokens::{ConnectionKey, Minted},
    },
};

/// As many ask at once as connections that redis-benchmark opens by default.
const AT_ONCE: usize = 50;
const READS: usize = 100_000;
const GRANTS: usize = 10_000;
const K1: &str = "k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
const K2: &str = "k2:YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY=";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let redis = RedisServer::start(folder.path())?;

    println!("\nReads of a fresh token, {READS} of them, {AT_ONCE} at once, over {GRANTS} grants:\n");
    println!("| what | a second | p50 ms | p99 ms | of redis-benchmark |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    let of_redis = redis.benchmark()?;
    row("redis-benchmark GET, 600 bytes", &of_redis, &of_redis);

    let embedded: Arc<dyn Store> = Arc::new(Embedded::open(&folder.path().join("bench.redb"))?);
    let shared: Arc<dyn Store> = Arc::new(Redis::connect(&redis.url).await?);
    for (name, store) in [("a token from Redis", &shared), ("a token from the embedded store", &embedded)] {
        let state = state(store.clone(), K1)?;
        fill(&state).await?;
        row(name, &reads(&state).await?, &of_redis);
    }

    println!("\n`keys rotate` of {GRANTS} grants while {AT_ONCE} readers read them:\n");
    println!(
        "| store | grants rotated | seconds | grants a second | reads meanwhile | errors seen | under the old key after |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    for (name, store) in [("Redis", shared), ("embedded", embedded)] {
        rotate(name, store).await?;
    }
    Ok(())
}

/// How fast something was.
struct Speed {
    a_second: f64,
    p50: f64,
    p99: f64,
}

fn row(name: &str, speed: &Speed, of: &Speed) {
    let Speed { a_second, p50, p99 } = speed;
    println!("| {name} | {a_second:.0} | {p50:.2} | {p99:.2} | {:.2} |", a_second / of.a_second);
}

/// The state of a server with these keys. Nothing is asked of any provider here.
fn state(store: Arc<dyn Store>, keys: &str) -> anyhow::Result<AppState> {
    let config = Config::read(&|name| match name {
        "TRIBUTARY_ENCRYPTION_KEYS" => Some(keys.to_owned()),
        "TRIBUTARY_API_KEY" => Some("an-api-key-for-the-benchmark".to_owned()),
        _ => None,
    })?;
    AppState::new(config, store, Arc::new(Timestamp::now))
}

fn key(state: &AppState, number: usize) -> anyhow::Result<ConnectionKey> {
    let subject = Subject::new("bench", format!("user-{number}"))?;
    Ok(state.tokens.key(&subject, "hubspot")?)
}

async fn fill(state: &AppState) -> anyhow::Result<()> {
    let saves = (0..GRANTS).map(|number| async move {
        let text = serde_json::json!({
            "access_token": "a".repeat(300), "refresh_token": "r".repeat(36), "expires_in": 86_400,
            "scopes": ["crm.objects.contacts.read"],
        });
        let account = Account { id: number.to_string(), name: Some("acme.example".to_owned()), url: None };
        let minted = Minted::parse(text.to_string().as_bytes())?;
        state.tokens.save(&key(state, number)?, account, minted, Timestamp::now()).await?;
        anyhow::Ok(())
    });
    stream::iter(saves).buffer_unordered(AT_ONCE).try_collect().await
}

async fn reads(state: &AppState) -> anyhow::Result<Speed> {
    let began = Instant::now();
    let readers = (0..AT_ONCE).map(|reader| {
        let state = state.clone();
        tokio::spawn(async move {
            let mut times = Vec::with_capacity(READS / AT_ONCE);
            for read in 0..READS / AT_ONCE {
                let key = key(&state, (reader * 7919 + read * 104_729) % GRANTS)?;
                let asked = Instant::now();
                state.tokens.fresh(&key).await?;
                times.push(asked.elapsed());
            }
            anyhow::Ok(times)
        })
    });
    let mut times = Vec::with_capacity(READS);
    for reader in readers.collect::<Vec<_>>() {
        times.extend(reader.await??);
    }
    let a_second = times.len() as f64 / began.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |share: f64| times[(times.len() as f64 * share) as usize].as_secs_f64() * 1000.0;
    Ok(Speed { a_second, p50: at(0.5), p99: at(0.99) })
}

async fn rotate(name: &str, store: Arc<dyn Store>) -> anyhow::Result<()> {
    // The servers have both keys already; the command seals under the new one.
    let (server, command) = (state(store.clone(), &format!("{K1},{K2}"))?, state(store, &format!("{K2},{K1}"))?);
    let (over, read, errors) =
        (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
    let readers: Vec<_> = (0..AT_ONCE)
        .map(|reader| {
            let (server, over, read, errors) = (server.clone(), over.clone(), read.clone(), errors.clone());
            tokio::spawn(async move {
                let mut number = reader * 199;
                while !over.load(Relaxed) {
                    number = (number + 7919) % GRANTS;
                    let token = match key(&server, number) {
                        Ok(key) => server.tokens.fresh(&key).await.is_ok(),
                        Err(_) => false,
                    };
                    if token { &read } else { &errors }.fetch_add(1, Relaxed);
                }
            })
        })
        .collect();
    let began = Instant::now();
    let rotated = command.tokens.rotate_keys().await?;
    let seconds = began.elapsed().as_secs_f64();
    over.store(true, Relaxed);
    for reader in readers {
        reader.await?;
    }
    let left = rotated.under.get("k1").copied().unwrap_or_default();
    let (read, errors) = (read.load(Relaxed), errors.load(Relaxed));
    let speed = rotated.rotated as f64 / seconds;
    println!("| {name} | {} | {seconds:.2} | {speed:.0} | {read} | {errors} | {left} |", rotated.rotated);
    ensure!(errors == 0 && left == 0 && rotated.unreadable.is_empty(), "a rotation may cost nobody anything");
    Ok(())
}

/// A Redis of the benchmark's own. It ends with the value.
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
        let process = started.context("there is no redis-server in the path: run `make test`, which installs one")?;
        let began = Instant::now();
        while std::net::TcpStream::connect(format!("127.0.0.1:{port}")).is_err() {
            ensure!(began.elapsed() < Duration::from_secs(20), "redis-server does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(Self { url: format!("redis://127.0.0.1:{port}"), port, process })
    }

    /// What Redis's own tool measures, for values as large as a grant.
    fn benchmark(&self) -> anyhow::Result<Speed> {
        let (reads, at_once) = (READS.to_string(), AT_ONCE.to_string());
        let arguments = ["-p", &self.port, "-t", "set,get", "-n", &reads, "-c", &at_once, "-d", "600", "--csv"];
        let output = Command::new("redis-benchmark").args(arguments).output().context("redis-benchmark")?;
        let text = String::from_utf8(output.stdout)?;
        let line =
            text.lines().find(|line| line.starts_with("\"GET\"")).context("redis-benchmark told nothing of GET")?;
        let numbers: Vec<f64> = line.split(',').filter_map(|part| part.trim_matches('"').parse().ok()).collect();
        // rps, then in milliseconds: average, minimum, p50, p95, p99, maximum.
        ensure!(numbers.len() >= 6, "redis-benchmark is older than 6.2, and tells no percentiles: {line}");
        Ok(Speed { a_second: numbers[0], p50: numbers[3], p99: numbers[5] })
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
