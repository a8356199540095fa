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
    port: u16,
    folder: TempDir,
    process: Child,
}

impl RedisServer {
    /// Starts a server that keeps its data on disk, so that it survives [`Self::restart`].
    pub fn start() -> Self {
        let port = free_port();
        let folder = tempfile::tempdir().unwrap();
        let process = spawn(port, &folder);
        Self { url: format!("redis://127.0.0.1:{port}"), port, folder, process }
    }

    /// Kills it, as in a crash.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts it again on the same port, with the same data.
    pub fn restart(&mut self) {
        self.process = spawn(self.port, &self.folder);
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

fn spawn(port: u16, folder: &TempDir) -> Child {
    let start = |program: &str| {
        let mut command = Command::new(program);
        command.args([
            "--bind",
            "127.0.0.1",
            "--port",
            &port.to_string(),
            "--appendonly",
            "yes",
            "--appendfsync",
            "always",
        ]);
        command.current_dir(folder.path()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
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
