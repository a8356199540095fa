//! A Redis or Valkey server of the test's own.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// A server on its own port. It ends with the value.
pub struct Redis {
    /// `redis://127.0.0.1:1234`.
    pub url: String,
    port: u16,
    folder: TempDir,
    process: Child,
}

impl Redis {
    /// Starts one, which keeps its data on disk as long as the value lives.
    pub fn start() -> Self {
        let port = free_port();
        let folder = tempfile::tempdir().unwrap();
        let process = spawn(port, &folder);
        Self { url: format!("redis://127.0.0.1:{port}"), port, folder, process }
    }

    /// Kills it, as a crash would.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts it again where it was.
    pub fn restart(&mut self) {
        self.process = spawn(self.port, &self.folder);
    }

    /// Kills it, and starts one in its place that knows nothing: what a client sees of a failover to an empty replica.
    pub fn fail_over(&mut self) {
        self.kill();
        self.folder = tempfile::tempdir().unwrap();
        self.restart();
    }

    /// Stops it in the middle of whatever it does. Connections stay open, and nothing is answered.
    pub fn pause(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A port that is free, and is given to nobody else in this process. It is below those that the system takes for outgoing
/// connections: with hundreds of them, one would now and then sit on a port between its choice and its use.
pub fn free_port() -> u16 {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    // Another run of the tests begins elsewhere.
    let start = std::process::id().wrapping_mul(97);
    loop {
        let place = start.wrapping_add(GIVEN.fetch_add(1, Relaxed)) % 20_000;
        let port = u16::try_from(12_000 + place).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
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
    while !answers(port) {
        assert!(began.elapsed() < Duration::from_secs(20), "Redis does not answer on port {port}");
        std::thread::yield_now();
    }
    process
}

/// Whether a server is there, and has read what it had stored.
fn answers(port: u16) -> bool {
    let ask = || {
        let mut connection = TcpStream::connect(("127.0.0.1", port))?;
        connection.write_all(b"PING\r\n")?;
        let mut answer = [0; 5];
        connection.read_exact(&mut answer)?;
        Ok::<_, std::io::Error>(&answer == b"+PONG")
    };
    ask().unwrap_or(false)
}
