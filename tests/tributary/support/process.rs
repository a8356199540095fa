//! The program in a process of its own.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    os::unix::process::ExitStatusExt,
    process::{Child, Command, Output, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use reqwest::Client;
use tempfile::TempDir;

use super::{browser::Browser, fixtures::API_KEY, port::free_port};

/// A running program, which is killed when the value is dropped.
pub struct Process {
    /// `http://localhost:1234`.
    pub url: String,
    /// Its working folder.
    pub folder: Arc<TempDir>,
    child: Child,
    /// Its variables.
    variables: Vec<(String, String)>,
}

impl Process {
    /// Starts `tributary serve` on a port of its own.
    pub fn serve(variables: &[(&str, &str)]) -> Self {
        Self::serve_in(Arc::new(tempfile::tempdir().unwrap()), variables)
    }

    /// The same, in the folder of a process that has ended.
    pub fn serve_in(folder: Arc<TempDir>, variables: &[(&str, &str)]) -> Self {
        let command = command(&folder, &["serve"]);
        Self::start(folder, command, variables)
    }

    /// The same, with a limit of open files that the program cannot raise.
    pub fn serve_with_open_files(limit: u32, variables: &[(&str, &str)]) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let mut command = clean_command("sh", &folder);
        let script = format!("ulimit -n {limit} && exec \"$0\" serve");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_tributary")]);
        Self::start(folder, command, variables)
    }

    /// The same, with output that nothing reads any more.
    pub fn serve_without_readers(variables: &[(&str, &str)]) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let command = command(&folder, &["serve"]);
        let mut server = Self::start_with_log(folder, command, variables, Stdio::piped());
        drop(server.child.stderr.take());
        server
    }

    fn start(folder: Arc<TempDir>, command: Command, variables: &[(&str, &str)]) -> Self {
        // The log goes to a file: a pipe that nothing reads would fill and block the program.
        let log = File::create(folder.path().join("log")).unwrap();
        Self::start_with_log(folder, command, variables, log.into())
    }

    fn start_with_log(folder: Arc<TempDir>, mut command: Command, variables: &[(&str, &str)], log: Stdio) -> Self {
        let port = free_port();
        let url = format!("http://localhost:{port}");
        let mut all = vec![
            ("TRIBUTARY_LISTEN".to_owned(), format!("127.0.0.1:{port}")),
            ("TRIBUTARY_PUBLIC_URL".to_owned(), url.clone()),
            // All users of a test come from one address.
            ("TRIBUTARY_LINK_REQUESTS_PER_MINUTE".to_owned(), "100000".to_owned()),
        ];
        all.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        command.envs(all.iter().cloned());
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let is_ready = lines.any(|line| line.starts_with("Tributary is at "));
        assert!(
            is_ready,
            "the program exited: {}",
            std::fs::read_to_string(folder.path().join("log")).unwrap_or_default()
        );
        Self { child, url, folder, variables: all }
    }

    /// Starts `tributary sandbox` with these options. Returns it with its address.
    pub fn sandbox(options: &[&str]) -> (Self, String) {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let mut child = command(&folder, &[&["sandbox", "--listen", "127.0.0.1:0"], options].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next().unwrap().unwrap();
        let address = line.strip_prefix("sandbox listening on http://").unwrap().to_owned();
        (Self { child, url: String::new(), folder, variables: Vec::new() }, address)
    }

    /// Runs one of the commands that call the running server. Returns what it prints.
    pub fn run(&self, command_name: &str) -> String {
        let output = command(&self.folder, &[command_name]).envs(self.variables.iter().cloned()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// A new one-time sign-in link.
    pub fn sign_in_link(&self) -> String {
        self.run("sign-in")
    }

    /// Sends SIGTERM and waits. Returns whether it exited successfully, and its log.
    pub fn terminate(mut self) -> (bool, String) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let status = self.child.wait().unwrap();
        (status.success(), log_in(&self.folder))
    }

    /// Sends SIGINT, as Ctrl-C does. Returns whether it had exited before.
    pub fn interrupt(&mut self) -> bool {
        if self.child.try_wait().unwrap().is_some() {
            return true;
        }
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        false
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        log_in(&self.folder)
    }

    /// Sends SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
    }

    /// Limits the length of the files that it writes, or removes the limit. Writes beyond fail as on a full disk.
    pub fn limit_file_length(&self, bytes: Option<u64>) {
        let limit = bytes.map_or("unlimited".to_owned(), |bytes| bytes.to_string());
        let (id, limit) = (self.child.id().to_string(), format!("--fsize={limit}:unlimited"));
        assert!(Command::new("prlimit").args(["--pid", &id, &limit]).status().unwrap().success());
    }

    /// Waits until it exits. Returns the signal that killed it, if any.
    pub fn wait(&mut self) -> Option<i32> {
        self.child.wait().unwrap().signal()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program with these arguments in this folder. None of its variables are set.
pub fn command(folder: &TempDir, arguments: &[&str]) -> Command {
    // A write beyond the limit of the file length is to fail rather than to kill the process.
    let mut command = clean_command("sh", folder);
    command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_tributary")]).args(arguments);
    command
}

fn clean_command(program: &str, folder: &TempDir) -> Command {
    let mut command = Command::new(program);
    let ours = ["TRIBUTARY_", "HUBSPOT_", "NOTION_", "AIRTABLE_", "EXAMPLE_", "REDIS_URL", "RUST_LOG", "FAILPOINTS"];
    for (name, _) in std::env::vars().filter(|(name, _)| ours.iter().any(|prefix| name.starts_with(prefix))) {
        command.env_remove(name);
    }
    command.current_dir(folder.path());
    command
}

/// Runs a command that is expected to exit by itself.
pub fn run_to_exit(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut command = command(&folder, arguments);
    // A free port, in case a server runs on the default one.
    command.env("TRIBUTARY_LISTEN", "127.0.0.1:0").envs(variables.iter().copied());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if began.elapsed() > Duration::from_secs(30) {
            child.kill().unwrap();
            panic!("{arguments:?} with {variables:?} did not exit");
        }
        std::thread::yield_now();
    }
    child.wait_with_output().unwrap()
}

/// An HTTP client, for tests in which no server has installed the crypto provider.
pub fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::new()
}

/// Connects a user to a provider: an API call creates a connect link, and a browser opens it and approves.
pub async fn connect(url: &str, provider: &str, subject: [(&str, &str); 2]) {
    let request = client().post(format!("{url}/integrations/{provider}/authorize")).bearer_auth(API_KEY).form(&subject);
    let link: String = request.send().await.unwrap().json().await.unwrap();
    let end = Browser::new().approve(&link).await;
    // The second outcome warns that another test's user is connected with the same account.
    let outcomes = ["/connected", "/connected_twice"];
    assert!(outcomes.iter().any(|outcome| end.url().path().ends_with(outcome)), "{}", end.url());
}

/// The same, for times when it may fail. Returns whether the user was told that they are connected.
pub async fn try_connect(url: &str, provider: &str, subject: [(&str, &str); 2]) -> bool {
    let request = client().post(format!("{url}/integrations/{provider}/authorize")).bearer_auth(API_KEY).form(&subject);
    let response = request.send().await.unwrap();
    if !response.status().is_success() {
        return false;
    }
    let (link, browser): (String, _) = (response.json().await.unwrap(), Browser::new());
    let consent = browser.press(&link).await;
    if !consent.url().path().ends_with("/authorize") {
        return false;
    }
    let end = browser.post(consent.url().as_str(), &[("decision", "approve")]).await;
    ["/connected", "/connected_twice"].iter().any(|outcome| end.url().path().ends_with(outcome))
}

fn log_in(folder: &TempDir) -> String {
    std::fs::read_to_string(folder.path().join("log")).unwrap()
}
