//! The program as a process of its own, and what a person or a program does with it.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    os::unix::process::ExitStatusExt,
    process::{Child, Command, Stdio},
};

use reqwest::Client;
use tempfile::TempDir;

use crate::{browser::Browser, caller::KEY, redis::free_port};

/// Keys for processes that share a store.
pub const ENCRYPTION_KEYS: &str = "k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

/// A running program. It ends with the value.
pub struct Process {
    /// `http://localhost:1234`.
    pub url: String,
    /// The one-time link that it printed.
    pub link: String,
    /// Where it runs.
    pub folder: TempDir,
    child: Child,
}

impl Process {
    /// The server on a port of its own.
    pub fn serve(variables: &[(&str, &str)]) -> Self {
        let (port, folder) = (free_port(), tempfile::tempdir().unwrap());
        let url = format!("http://localhost:{port}");
        let mut command = program(&folder, &["serve"]);
        command
            .env("TRIBUTARY_LISTEN", format!("127.0.0.1:{port}"))
            .env("TRIBUTARY_PUBLIC_URL", &url)
            .envs(variables.iter().copied());
        // The log goes to a file: a pipe that nobody reads would fill, and stop the program.
        let log = File::create(folder.path().join("log")).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let link = lines.find_map(|line| line.split_once("Sign in (once): ").map(|(_, link)| link.to_owned()));
        let link = link.unwrap_or_else(|| panic!("the program ended: {}", log_in(&folder)));
        Self { child, url, link, folder }
    }

    /// A sandbox of its own, with more options, and its address.
    pub fn sandbox(options: &[&str]) -> (Self, String) {
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
    pub fn stop(mut self) -> (bool, String) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let ended = self.child.wait().unwrap();
        (ended.success(), log_in(&self.folder))
    }

    /// Sends SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
    }

    /// The signal that ended it; waits for its end.
    pub fn signal(&mut self) -> Option<i32> {
        self.child.wait().unwrap().signal()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program with nothing configured, in a folder of its own.
pub fn program(folder: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tributary"));
    let ours = ["TRIBUTARY_", "HUBSPOT_", "NOTION_", "AIRTABLE_", "REDIS_URL", "RUST_LOG", "FAILPOINTS"];
    for (name, _) in std::env::vars().filter(|(name, _)| ours.iter().any(|prefix| name.starts_with(prefix))) {
        command.env_remove(name);
    }
    command.current_dir(folder.path()).args(arguments);
    command
}

/// A client for tests that may be the first to need one.
pub fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::new()
}

/// Connects as a person does, by a link that a program asked for.
pub async fn connect(url: &str, provider: &str, ids: [(&str, &str); 2]) {
    let ask = client().post(format!("{url}/integrations/{provider}/authorize")).bearer_auth(KEY).form(&ids);
    let link: String = ask.send().await.unwrap().json().await.unwrap();
    let end = Browser::new().approve(&link).await;
    // Where it is the account of another test's user too, that is told.
    let ends = ["/connected", "/connected_twice"];
    assert!(ends.iter().any(|ending| end.url().path().ends_with(ending)), "{}", end.url());
}

fn log_in(folder: &TempDir) -> String {
    std::fs::read_to_string(folder.path().join("log")).unwrap()
}
