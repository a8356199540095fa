//! Stopping a process: tokens that a provider is just issuing are saved or revoked, within a bounded time.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{
    browser::Browser,
    fixtures::{API_KEY, K1, SUBJECT},
    process::{Process, client},
    redis::RedisServer,
    wait::wait_until,
};

struct Setup {
    redis: RedisServer,
    _sandbox: Process,
    sandbox_address: String,
}

impl Setup {
    /// A sandbox in which Notion takes so long to say whose account a token is for.
    async fn start(identify_ms: u64) -> Self {
        let (redis, (sandbox, sandbox_address)) = (RedisServer::start(), Process::sandbox(&[]));
        let setup = Self { redis, _sandbox: sandbox, sandbox_address };
        let fault = json!({"path": "/notion/v1/users/me", "kind": "slow", "slow_ms": identify_ms});
        let url = format!("http://{}/__sandbox/config", setup.sandbox_address);
        let configured = client().post(url).json(&json!({"faults": [fault]})).send().await.unwrap();
        assert!(configured.status().is_success());
        setup
    }

    fn serve(&self, variables: &[(&str, &str)]) -> Process {
        let shared = [
            ("REDIS_URL", self.redis.url.as_str()),
            ("TRIBUTARY_ENCRYPTION_KEYS", K1),
            ("TRIBUTARY_API_KEY", API_KEY),
            ("TRIBUTARY_SANDBOX_LISTEN", &self.sandbox_address),
        ];
        Process::serve(&[&shared, variables].concat())
    }

    async fn requests(&self, endpoint: &str) -> u64 {
        let stats = client().get(format!("http://{}/__sandbox/stats", self.sandbox_address)).send().await.unwrap();
        let stats: Value = stats.json().await.unwrap();
        stats["by_endpoint"][endpoint]["requests"].as_u64().unwrap_or_default()
    }

    /// A user approves at Notion, and their browser hangs up once the server has sent the authorization code.
    async fn connect_and_hang_up(&self, server: &Process) {
        let url = format!("{}/integrations/notion/authorize", server.url);
        let link = client().post(url).bearer_auth(API_KEY).form(&SUBJECT).send().await.unwrap();
        let link: String = link.json().await.unwrap();
        let browser = tokio::spawn(async move { Browser::new().approve(&link).await });
        let was_asked = async || self.requests("GET /notion/v1/users/me").await == 1;
        wait_until("Notion is asked whose account it is", was_asked).await;
        browser.abort();
    }
}

#[tokio::test]
async fn a_process_that_is_stopped_between_code_exchange_and_save_saves_the_grant() {
    // Longer than responses may take: two fifths of the whole.
    let setup = Setup::start(6_000).await;
    let server = setup.serve(&[("TRIBUTARY_SHUTDOWN_SECONDS", "12")]);
    setup.connect_and_hang_up(&server).await;
    let (success, log) = server.terminate();
    assert!(success && log.contains("\"message\":\"connected\""), "{log}");
    let other = setup.serve(&[]);
    let url = format!("{}/integrations/notion/credentials", other.url);
    let connection = client().get(url).bearer_auth(API_KEY).query(&SUBJECT).send().await.unwrap();
    let connection: Value = connection.json().await.unwrap();
    assert_eq!(connection["status"], "active", "{connection}");
}

#[tokio::test]
async fn tokens_that_cannot_be_saved_before_the_end_of_a_shutdown_are_revoked_and_it_takes_no_longer_than_configured() {
    let setup = Setup::start(40_000).await;
    let server = setup.serve(&[("TRIBUTARY_SHUTDOWN_SECONDS", "4")]);
    setup.connect_and_hang_up(&server).await;
    let began = Instant::now();
    let (success, log) = server.terminate();
    assert!(success && began.elapsed() < Duration::from_secs(6), "{:?}: {log}", began.elapsed());
    assert_eq!(setup.requests("POST /notion/v1/oauth/revoke").await, 1, "{log}");
}

#[tokio::test]
async fn a_second_sigint_ends_a_shutdown_at_once_with_a_warning() {
    let setup = Setup::start(40_000).await;
    let mut server = setup.serve(&[("TRIBUTARY_SHUTDOWN_SECONDS", "300")]);
    setup.connect_and_hang_up(&server).await;
    let interrupted = std::cell::RefCell::new(&mut server);
    wait_until("it exits", async || interrupted.borrow_mut().interrupt()).await;
    assert!(server.log().contains("stopped at once by a second signal"), "{}", server.log());
}
