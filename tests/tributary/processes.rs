//! The program as it is started, asked, and stopped.

use std::{
    io::{BufRead, BufReader, Read},
    os::unix::fs::PermissionsExt,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use http::StatusCode;
use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    app::{IDS, KEY, eventually},
    browser::Browser,
    redis::{Redis, free_port},
};

const ENCRYPTION_KEYS: &str = "k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

/// A running program. It ends with the value.
struct Process {
    child: Child,
    url: String,
    /// The one-time link that it printed.
    link: String,
    folder: TempDir,
}

impl Process {
    fn serve(variables: &[(&str, &str)]) -> Self {
        let (port, folder) = (free_port(), tempfile::tempdir().unwrap());
        let url = format!("http://localhost:{port}");
        let mut command = program(&folder, &["serve"]);
        command
            .env("TRIBUTARY_LISTEN", format!("127.0.0.1:{port}"))
            .env("TRIBUTARY_PUBLIC_URL", &url)
            .envs(variables.iter().copied());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let link = lines.find_map(|line| line.split_once("Sign in (once): ").map(|(_, link)| link.to_owned()));
        let link = link.unwrap_or_else(|| panic!("the program ended: {}", read(child.stderr.take().unwrap())));
        Self { child, url, link, folder }
    }

    /// A sandbox of its own, with more options, and its address.
    fn sandbox(options: &[&str]) -> (Self, String) {
        let folder = tempfile::tempdir().unwrap();
        let mut child = program(&folder, &[&["sandbox", "--listen", "127.0.0.1:0"], options].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next().unwrap().unwrap();
        let address = line.strip_prefix("sandbox listening on http://").unwrap().to_owned();
        (Self { child, url: String::new(), link: String::new(), folder }, address)
    }

    /// Sends SIGTERM, and gives whether it ended well, and its log.
    fn stop(mut self) -> (bool, String) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let ended = self.child.wait().unwrap();
        (ended.success(), read(self.child.stderr.take().unwrap()))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program with nothing configured, in a folder of its own.
fn program(folder: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tributary"));
    let ours = ["TRIBUTARY_", "HUBSPOT_", "NOTION_", "AIRTABLE_", "REDIS_URL", "RUST_LOG"];
    for (name, _) in std::env::vars().filter(|(name, _)| ours.iter().any(|prefix| name.starts_with(prefix))) {
        command.env_remove(name);
    }
    command.current_dir(folder.path()).args(arguments);
    command
}

fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program(&folder, arguments);
    // A port of its own, lest a server that runs on the usual one get in the way.
    command.env("TRIBUTARY_LISTEN", "127.0.0.1:0").envs(variables.iter().copied());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if began.elapsed() > Duration::from_secs(30) {
            child.kill().unwrap();
            panic!("{arguments:?} with {variables:?} should have ended by itself");
        }
        std::thread::yield_now();
    }
    child.wait_with_output().unwrap()
}

fn read(mut from: impl Read) -> String {
    let mut text = String::new();
    from.read_to_string(&mut text).unwrap();
    text
}

/// A client for tests that may be the first to need one.
fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::new()
}

async fn connect(url: &str, provider: &str) {
    let http = client();
    let ask = http.post(format!("{url}/integrations/{provider}/authorize")).bearer_auth(KEY).form(&IDS);
    let link: String = ask.send().await.unwrap().json().await.unwrap();
    let end = Browser::new().approve(&link).await;
    assert!(end.url().path().ends_with("/connected"), "{}", end.url());
}

async fn items(url: &str, provider: &str) -> (StatusCode, Value) {
    let answer =
        client().get(format!("{url}/integrations/{provider}/items")).bearer_auth(KEY).query(&IDS).send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

#[tokio::test]
async fn it_starts_alone_makes_its_keys_signs_in_and_stops_cleanly() {
    let sandbox = format!("127.0.0.1:{}", free_port());
    let server = Process::serve(&[("TRIBUTARY_SANDBOX_LISTEN", &sandbox)]);
    let browser = Browser::new();
    assert!(browser.get(&server.link).await.text().await.unwrap().contains("Connect HubSpot"));

    let data = server.folder.path().join("data");
    let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(data.clone()), 0o700);
    for secret in ["admin-key", "encryption-keys"] {
        assert_eq!(mode(data.join(secret)), 0o600, "{secret}");
    }

    // The command asks the running server, with the key in the same data folder.
    let listen = server.url.replace("http://localhost", "127.0.0.1");
    let output = program(&server.folder, &["sign-in"]).env("TRIBUTARY_LISTEN", &listen).output().unwrap();
    let link = String::from_utf8(output.stdout).unwrap();
    assert!(Browser::new().get(link.trim()).await.text().await.unwrap().contains("Connect HubSpot"), "{link}");

    let (well, log) = server.stop();
    assert!(well && log.contains("\"message\":\"stopped\""), "{log}");
}

#[tokio::test]
async fn two_processes_on_one_redis_share_everything() {
    let (redis, (_sandbox, address)) = (Redis::start(), Process::sandbox(&[]));
    let variables = [
        ("REDIS_URL", redis.url.as_str()),
        ("TRIBUTARY_ENCRYPTION_KEYS", ENCRYPTION_KEYS),
        ("TRIBUTARY_API_KEY", KEY),
        ("TRIBUTARY_SANDBOX_LISTEN", &address),
    ];
    let (one, other) = (Process::serve(&variables), Process::serve(&variables));
    connect(&one.url, "hubspot").await;
    let (status, loaded) = items(&other.url, "hubspot").await;
    assert_eq!((status, loaded.as_array().unwrap().len()), (StatusCode::OK, 1900));
    // A session that begins at one is good at the other.
    let browser = Browser::new();
    let secret = one.link.strip_prefix(&one.url).unwrap();
    assert!(browser.get(&format!("{}{secret}", other.url)).await.text().await.unwrap().contains("Connect HubSpot"));
    assert!(!other.folder.path().join("data").exists(), "a shared store needs no folder");
}

#[tokio::test]
async fn three_processes_spend_each_refresh_token_once_whatever_the_provider() {
    let redis = Redis::start();
    let few = ["--records", "contacts=3,companies=3,deals=3,pages=2,rows=6,records=9", "--no-limits"];
    let (_sandbox, address) = Process::sandbox(&few);
    let servers: Vec<_> = std::iter::repeat_with(|| {
        Process::serve(&[
            ("REDIS_URL", &redis.url),
            ("TRIBUTARY_ENCRYPTION_KEYS", ENCRYPTION_KEYS),
            ("TRIBUTARY_API_KEY", KEY),
            ("TRIBUTARY_SANDBOX_LISTEN", &address),
        ])
    })
    .take(3)
    .collect();
    let control = async |name: &str, body: Value| {
        let answer = client().post(format!("http://{address}/__sandbox/{name}")).json(&body).send().await.unwrap();
        assert!(answer.status().is_success());
    };
    // HubSpot's refresh tokens last unless it is told otherwise. The token endpoints are slow, so that all come at once.
    let slow = |path: &str| json!({"path": path, "kind": "slow", "slow_ms": 300});
    let slow = ["/hubspot/oauth/2026-03/token", "/notion/v1/oauth/token", "/airtable/oauth2/v1/token"].map(slow);
    control("config", json!({"hubspot": {"rotate_refresh": "dead"}, "faults": slow})).await;
    for provider in ["hubspot", "notion", "airtable"] {
        connect(&servers[0].url, provider).await;
        for round in 1..=3 {
            control("expire", json!({"provider": provider})).await;
            let asked = servers.iter().cycle().take(9).map(|server| items(&server.url, provider));
            for (status, items) in futures::future::join_all(asked).await {
                assert_eq!(status, StatusCode::OK, "{provider}, round {round}: {items}");
            }
            let stats = client().get(format!("http://{address}/__sandbox/stats")).send().await.unwrap();
            let counted = stats.json::<Value>().await.unwrap()["by_provider"][provider].clone();
            assert_eq!((&counted["refreshes"], &counted["reused_tokens"]), (&json!(round), &json!(0)), "{provider}");
        }
    }
}

#[tokio::test]
async fn a_store_that_is_away_is_a_clear_503_and_the_server_recovers() {
    let (mut redis, (_sandbox, address)) = (Redis::start(), Process::sandbox(&[]));
    let server = Process::serve(&[
        ("REDIS_URL", redis.url.as_str()),
        ("TRIBUTARY_ENCRYPTION_KEYS", ENCRYPTION_KEYS),
        ("TRIBUTARY_API_KEY", KEY),
        ("TRIBUTARY_SANDBOX_LISTEN", &address),
    ]);
    connect(&server.url, "hubspot").await;
    redis.kill();
    let (status, error) = items(&server.url, "hubspot").await;
    assert_eq!((status, &error["code"]), (StatusCode::SERVICE_UNAVAILABLE, &Value::from("store_unavailable")));
    assert!(error["detail"].as_str().unwrap().contains("Try again in a minute"), "{error}");
    let status = |path: &str| {
        let url = format!("{}{path}", server.url);
        async move { reqwest::get(url).await.unwrap().status() }
    };
    assert_eq!((status("/healthz").await, status("/readyz").await), (StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE));
    let browser = Browser::new().get(&server.link).await;
    assert_eq!(browser.status(), StatusCode::SERVICE_UNAVAILABLE);
    redis.restart();
    eventually("the server is ready again", async || status("/readyz").await == StatusCode::OK).await;
    assert_eq!(items(&server.url, "hubspot").await.0, StatusCode::OK);
}

#[test]
fn a_bad_value_stops_the_start_with_one_sentence() {
    for (arguments, variables, says) in [
        (&["serve"][..], &[("TRIBUTARY_LISTEN", "8000")][..], "TRIBUTARY_LISTEN is \"8000\""),
        (&["serve"], &[("TRIBUTARY_SANDBOX", "maybe")], "TRIBUTARY_SANDBOX is \"maybe\""),
        (&["serve"], &[("REDIS_URL", "redis://127.0.0.1:1")], "TRIBUTARY_ENCRYPTION_KEYS is not set"),
        (
            &["serve"],
            &[("REDIS_URL", "redis://127.0.0.1:1"), ("TRIBUTARY_ENCRYPTION_KEYS", ENCRYPTION_KEYS)],
            "REDIS_URL does not answer",
        ),
        (&["serve"], &[("RUST_LOG", "tributary=loud")], "RUST_LOG is \"tributary=loud\""),
        (&["serve"], &[("TRIBUTARY_DATA_DIR", "/proc/none")], "/proc/none"),
        (&["sign-in"], &[("TRIBUTARY_LISTEN", "127.0.0.1:1"), ("TRIBUTARY_API_KEY", KEY)], "no Tributary answers"),
        (&["sign-in"], &[], "the data folder has no file admin-key"),
        (&["sandbox", "--records", "many"], &[], "--records"),
    ] {
        let output = run(arguments, variables);
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && error.contains(says), "{variables:?}: {error}");
        assert!(arguments[0] == "sandbox" || error.trim().lines().count() == 1, "{error}");
    }
}

#[test]
fn help_names_every_command_and_variable() {
    let help = String::from_utf8(run(&["--help"], &[]).stdout).unwrap();
    for word in ["serve", "sandbox", "sign-in", "TRIBUTARY_ENCRYPTION_KEYS", "[default: 127.0.0.1:8000]"] {
        assert!(help.contains(word), "{word}: {help}");
    }
}

#[tokio::test]
async fn the_log_has_one_line_an_event_with_its_request_id_and_no_secret() {
    let (_sandbox, address) = Process::sandbox(&[]);
    let server =
        Process::serve(&[("TRIBUTARY_API_KEY", KEY), ("TRIBUTARY_SANDBOX_LISTEN", &address), ("RUST_LOG", "debug")]);
    let http = client();
    let ask = http.post(format!("{}/integrations/hubspot/authorize", server.url)).bearer_auth(KEY).form(&IDS);
    let link: String = ask.send().await.unwrap().json().await.unwrap();
    let browser = Browser::new();
    let consent = browser.consent(&link).await;
    let state = consent.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let redirect = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let callback = redirect.post(consent).form(&[("decision", "approve")]).send().await.unwrap().headers()["location"]
        .to_str()
        .unwrap()
        .to_owned();
    let code = callback.split(['?', '&']).find_map(|pair| pair.strip_prefix("code=")).unwrap().to_owned();
    browser.get(&callback).await;
    let credentials = http.post(format!("{}/integrations/hubspot/credentials", server.url)).bearer_auth(KEY).form(&IDS);
    let credentials: Value = credentials.send().await.unwrap().json().await.unwrap();
    let token = credentials["access_token"].as_str().unwrap().to_owned();
    assert_eq!(items(&server.url, "hubspot").await.0, StatusCode::OK);
    let sign_in = server.link.rsplit('/').next().unwrap().to_owned();

    let (_, log) = server.stop();
    let lines: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"))).collect();
    for event in ["connected", "loaded", "access token read"] {
        let told: Vec<_> = lines.iter().filter(|line| line["message"] == event).collect();
        assert_eq!(told.len(), 1, "{event}");
        assert_eq!(told[0]["span"]["id"].as_str().unwrap().len(), 32, "{event} bears its request id");
    }
    let link_secret = link.rsplit('/').next().unwrap();
    for secret in [state.as_str(), &code, &token, KEY, &sign_in, link_secret, "sandbox-secret"] {
        assert!(!log.contains(secret), "the log holds {secret}");
    }
}
