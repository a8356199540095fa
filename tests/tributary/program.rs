//! The program's commands and processes: starting, sharing a store, logging and stopping.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    os::unix::fs::PermissionsExt,
    process::{Child, Stdio},
};

use http::StatusCode;
use reqwest::Client;
use rustix::pty::OpenptFlags;
use serde_json::Value;

use crate::support::{
    browser::Browser,
    fixtures::{API_KEY, K1, SUBJECT},
    port::free_port,
    process::{Process, client, command, connect, run_to_exit},
    redis::RedisServer,
    wait::wait_until,
};

async fn items(url: &str, provider: &str) -> (StatusCode, Value) {
    let response = client()
        .get(format!("{url}/integrations/{provider}/items"))
        .bearer_auth(API_KEY)
        .query(&SUBJECT)
        .send()
        .await
        .unwrap();
    (response.status(), response.json().await.unwrap())
}

#[tokio::test]
async fn serve_starts_without_configuration_creates_its_keys_and_stops_cleanly() {
    let sandbox = format!("127.0.0.1:{}", free_port());
    let server = Process::serve(&[("TRIBUTARY_SANDBOX_LISTEN", &sandbox)]);
    // The command calls the running server with the key from the same data folder.
    let browser = Browser::new();
    let signed_in = async |page: reqwest::Response| page.text().await.unwrap().contains("HubSpot</h2>");
    assert!(signed_in(browser.press(&server.sign_in_link()).await).await);
    assert!(server.run("sign-out-everywhere").contains("signed out"));
    assert!(!signed_in(browser.get(&server.url).await).await);
    assert!(signed_in(browser.press(&server.sign_in_link()).await).await);

    let data = server.folder.path().join("data");
    let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(data.clone()), 0o700);
    for secret in ["admin-key", "encryption-keys"] {
        assert_eq!(mode(data.join(secret)), 0o600, "{secret}");
    }

    let (success, log) = server.terminate();
    assert!(success && log.contains("\"message\":\"stopped\""), "{log}");
}

#[test]
fn a_sign_in_link_is_printed_to_a_terminal_only() {
    /// Starts a server with this output, and kills it once it has printed where the page is and one more line, or has no
    /// more to print.
    fn output(stdout: Stdio, open: impl FnOnce(&mut Child) -> Box<dyn Read>) -> String {
        let folder = tempfile::tempdir().unwrap();
        let mut server = command(&folder, &["serve"]);
        for variable in ["TRIBUTARY_LISTEN", "TRIBUTARY_SANDBOX_LISTEN"] {
            server.env(variable, format!("127.0.0.1:{}", free_port()));
        }
        let mut child = server.stdout(stdout).stderr(Stdio::null()).spawn().unwrap();
        // Otherwise this process would keep the terminal open.
        drop(server);
        let mut lines = BufReader::new(open(&mut child)).lines().map_while(Result::ok);
        let greeting = lines.find(|line| line.contains("Tributary is at ")).unwrap();
        let next = if greeting.contains("tributary sign-in") { None } else { lines.next() };
        child.kill().unwrap();
        child.wait().unwrap();
        let rest: Vec<_> = [Some(greeting), next].into_iter().flatten().chain(lines).collect();
        rest.join("\n")
    }

    let piped = output(Stdio::piped(), |child| Box::new(child.stdout.take().unwrap()));
    assert!(piped.contains("run: tributary sign-in") && !piped.contains("/sign-in/"), "{piped}");
    assert_eq!(piped.lines().count(), 1, "{piped}");

    let terminal = rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    rustix::pty::grantpt(&terminal).unwrap();
    rustix::pty::unlockpt(&terminal).unwrap();
    let path = rustix::pty::ptsname(&terminal, Vec::new()).unwrap().into_string().unwrap();
    let other_end = File::options().write(true).open(path).unwrap();
    let shown = output(other_end.into(), |_| Box::new(File::from(terminal)));
    assert!(shown.contains("Sign in (once): http://localhost:8000/sign-in/"), "{shown}");
}

#[tokio::test]
async fn a_log_that_nobody_reads_any_more_does_not_stop_the_server() {
    let sandbox = format!("127.0.0.1:{}", free_port());
    let variables = [("TRIBUTARY_API_KEY", API_KEY), ("TRIBUTARY_SANDBOX_LISTEN", &sandbox), ("RUST_LOG", "debug")];
    let mut server = Process::serve_without_readers(&variables);
    connect(&server.url, "hubspot", SUBJECT).await;
    assert_eq!(items(&server.url, "hubspot").await.0, StatusCode::OK);
    server.kill();
    assert_eq!(server.wait(), Some(9), "it ended before it was killed");
}

#[tokio::test]
async fn two_processes_on_one_redis_share_connections_and_sessions() {
    let (redis, (_sandbox, address)) = (RedisServer::start(), Process::sandbox(&[]));
    let variables = [
        ("REDIS_URL", redis.url.as_str()),
        ("TRIBUTARY_ENCRYPTION_KEYS", K1),
        ("TRIBUTARY_API_KEY", API_KEY),
        ("TRIBUTARY_SANDBOX_LISTEN", &address),
    ];
    let (one, other) = (Process::serve(&variables), Process::serve(&variables));
    connect(&one.url, "hubspot", SUBJECT).await;
    let (status, loaded) = items(&other.url, "hubspot").await;
    assert_eq!((status, loaded.as_array().unwrap().len()), (StatusCode::OK, 1900));
    // A sign-in link of one process works at the other.
    let browser = Browser::new();
    let link = one.sign_in_link();
    let path = link.strip_prefix(&one.url).unwrap();
    assert!(browser.press(&format!("{}{path}", other.url)).await.text().await.unwrap().contains("HubSpot</h2>"));
    assert!(!other.folder.path().join("data").exists(), "a shared store needs no data folder");
}

#[tokio::test]
async fn an_unavailable_store_is_a_503_and_the_server_recovers() {
    let (mut redis, (_sandbox, address)) = (RedisServer::start(), Process::sandbox(&[]));
    let server = Process::serve(&[
        ("REDIS_URL", redis.url.as_str()),
        ("TRIBUTARY_ENCRYPTION_KEYS", K1),
        ("TRIBUTARY_API_KEY", API_KEY),
        ("TRIBUTARY_SANDBOX_LISTEN", &address),
        ("FAILPOINTS", "store::probe_interval=return(50)"),
    ]);
    connect(&server.url, "hubspot", SUBJECT).await;
    let link = server.sign_in_link();
    redis.kill();
    let (status, error) = items(&server.url, "hubspot").await;
    assert_eq!((status, &error["code"]), (StatusCode::SERVICE_UNAVAILABLE, &Value::from("store_unavailable")));
    assert!(error["detail"].as_str().unwrap().contains("Try again in a minute"), "{error}");
    let status = |path: &str| {
        let url = format!("{}{path}", server.url);
        async move { reqwest::get(url).await.unwrap().status() }
    };
    wait_until("the probe fails", async || status("/readyz").await == StatusCode::SERVICE_UNAVAILABLE).await;
    assert_eq!(status("/healthz").await, StatusCode::OK);
    let browser = Browser::new().get(&link).await;
    assert_eq!(browser.status(), StatusCode::SERVICE_UNAVAILABLE);
    redis.restart();
    wait_until("the server is ready again", async || status("/readyz").await == StatusCode::OK).await;
    assert_eq!(items(&server.url, "hubspot").await.0, StatusCode::OK);
}

#[test]
fn an_invalid_value_stops_the_start_with_one_sentence() {
    for (arguments, variables, message) in [
        (&["serve"][..], &[("TRIBUTARY_LISTEN", "8000")][..], "TRIBUTARY_LISTEN is \"8000\""),
        (&["serve"], &[("TRIBUTARY_SANDBOX", "maybe")], "TRIBUTARY_SANDBOX is \"maybe\""),
        (&["serve"], &[("REDIS_URL", "redis://127.0.0.1:1")], "TRIBUTARY_ENCRYPTION_KEYS is not set"),
        (
            &["serve"],
            &[("REDIS_URL", "redis://127.0.0.1:1"), ("TRIBUTARY_ENCRYPTION_KEYS", K1)],
            "REDIS_URL does not answer",
        ),
        (&["serve"], &[("RUST_LOG", "tributary=loud")], "RUST_LOG is \"tributary=loud\""),
        (&["serve"], &[("TRIBUTARY_DATA_DIR", "/proc/none")], "/proc/none"),
        (&["sign-in"], &[("TRIBUTARY_LISTEN", "127.0.0.1:1"), ("TRIBUTARY_API_KEY", API_KEY)], "no server responds"),
        (&["sign-in"], &[], "the data folder has no file admin-key"),
        (&["sandbox", "--records", "many"], &[], "--records"),
    ] {
        let output = run_to_exit(arguments, variables);
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && error.contains(message), "{variables:?}: {error}");
        assert!(arguments[0] == "sandbox" || error.trim().lines().count() == 1, "{error}");
    }
}

#[test]
fn help_names_every_command_and_variable() {
    let help = String::from_utf8(run_to_exit(&["--help"], &[]).stdout).unwrap();
    for word in ["serve", "sandbox", "sign-in", "TRIBUTARY_ENCRYPTION_KEYS", "[default: 127.0.0.1:8000]"] {
        assert!(help.contains(word), "{word}: {help}");
    }
}

#[tokio::test]
async fn the_log_has_one_line_per_event_with_its_request_id_and_no_secret() {
    let (_sandbox, address) = Process::sandbox(&[]);
    let server = Process::serve(&[
        ("TRIBUTARY_API_KEY", API_KEY),
        ("TRIBUTARY_SANDBOX_LISTEN", &address),
        ("RUST_LOG", "debug"),
    ]);
    let http = client();
    let request =
        http.post(format!("{}/integrations/hubspot/authorize", server.url)).bearer_auth(API_KEY).form(&SUBJECT);
    let link: String = request.send().await.unwrap().json().await.unwrap();
    let browser = Browser::new();
    let consent = browser.open_consent_page(&link).await;
    let state = consent.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let without_redirects = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let callback =
        without_redirects.post(consent).form(&[("decision", "approve")]).send().await.unwrap().headers()["location"]
            .to_str()
            .unwrap()
            .to_owned();
    let code = callback.split(['?', '&']).find_map(|pair| pair.strip_prefix("code=")).unwrap().to_owned();
    browser.get(&callback).await;
    let credentials =
        http.post(format!("{}/integrations/hubspot/credentials", server.url)).bearer_auth(API_KEY).form(&SUBJECT);
    let credentials: Value = credentials.send().await.unwrap().json().await.unwrap();
    let token = credentials["access_token"].as_str().unwrap().to_owned();
    assert_eq!(items(&server.url, "hubspot").await.0, StatusCode::OK);
    let sign_in = server.sign_in_link().rsplit('/').next().unwrap().to_owned();

    let (_, log) = server.terminate();
    let lines: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"))).collect();
    for event in ["connected", "loaded", "access token read"] {
        let matching: Vec<_> = lines.iter().filter(|line| line["message"] == event).collect();
        assert_eq!(matching.len(), 1, "{event}");
        assert_eq!(matching[0]["span"]["id"].as_str().unwrap().len(), 32, "{event} has its request id");
    }
    let link_secret = link.rsplit('/').next().unwrap();
    for secret in [state.as_str(), &code, &token, API_KEY, &sign_in, link_secret, "sandbox-secret"] {
        assert!(!log.contains(secret), "the log contains {secret}");
    }
}
