//! A Redis or Valkey server of the test's own.

use std::{
    io::{Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::port::free_port;

/// A server on its own port, which stops when the value is dropped.
pub struct RedisServer {
    /// `redis://127.0.0.1:1234`.
    pub url: String,
    pub port: u16,
    arguments: Vec<String>,
    folder: TempDir,
    process: Child,
}

impl RedisServer {
    /// Starts a server that keeps its data on disk, so that it survives [`Self::restart`].
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same with more options, such as `--maxmemory 100mb`.
    pub fn start_with(options: &[&str]) -> Self {
        Self::start_with_file("", &[&["--appendonly", "yes", "--appendfsync", "always"], options].concat())
    }

    /// Starts a server with a configuration file, unless it is empty, and options.
    pub fn start_with_file(configuration: &str, options: &[&str]) -> Self {
        let (port, folder) = (free_port(), tempfile::tempdir().unwrap());
        let mut arguments = Vec::new();
        if !configuration.is_empty() {
            std::fs::write(folder.path().join("redis.conf"), configuration).unwrap();
            arguments.push("redis.conf".to_owned());
        }
        arguments.extend(["--bind", "127.0.0.1", "--port", &port.to_string()].map(str::to_owned));
        arguments.extend(options.iter().map(|option| (*option).to_owned()));
        let process = spawn(port, &arguments, &folder);
        Self { url: format!("redis://127.0.0.1:{port}"), port, arguments, folder, process }
    }

    /// Sends a command with the command-line client. Returns its output.
    pub fn command(&self, command: &[&str]) -> String {
        let run = |program| Command::new(program).args(["-p", &self.port.to_string()]).args(command).output();
        let output = run("valkey-cli").or_else(|_| run("redis-cli")).expect("no redis-cli or valkey-cli");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// The value of a field of a response such as that to `INFO`.
    pub fn field(&self, command: &[&str], name: &str) -> String {
        let response = self.command(command);
        let value = response.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        value.unwrap_or_default().trim().to_owned()
    }

    /// Waits until a field has a value.
    pub fn wait_for(&self, command: &[&str], name: &str, value: &str) {
        let began = Instant::now();
        while self.field(command, name) != value {
            assert!(began.elapsed() < Duration::from_secs(30), "{name} is not {value}: {}", self.command(command));
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Kills it, as in a crash.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts it again on the same port, with the same data.
    pub fn restart(&mut self) {
        self.process = spawn(self.port, &self.arguments, &self.folder);
    }

    /// Kills it, and starts an empty one on the same port. To a client this looks like a failover to an empty replica.
    pub fn fail_over(&mut self) {
        self.kill();
        self.folder = tempfile::tempdir().unwrap();
        self.restart();
    }

    /// Pauses it (SIGSTOP): connections stay open, and nothing is answered.
    pub fn pause(&self) {
        self.signal("-STOP");
    }

    pub fn resume(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn spawn(port: u16, arguments: &[String], folder: &TempDir) -> Child {
    let start = |program: &str| {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(folder.path()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
    };
    let started = start("valkey-server").or_else(|_| start("redis-server"));
    let process = started.expect("no Redis or Valkey server: run `make test`, which installs one");
    let began = Instant::now();
    while !is_ready(port) {
        assert!(began.elapsed() < Duration::from_secs(20), "Redis does not respond on port {port}");
        std::thread::yield_now();
    }
    process
}

/// Whether the server responds, which it does once it has read its data from disk.
fn is_ready(port: u16) -> bool {
    let ping = || {
        let mut connection = TcpStream::connect(("127.0.0.1", port))?;
        connection.write_all(b"PING\r\n")?;
        let mut response = [0; 5];
        connection.read_exact(&mut response)?;
        Ok::<_, std::io::Error>(&response == b"+PONG")
    };
    ping().unwrap_or(false)
}
