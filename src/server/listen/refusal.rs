//! The answer to a connection over a limit: a 503 at once, in the form of every error.

use std::{net::IpAddr, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Semaphore,
};

use super::slots::Full;
use crate::server::repeats::Repeats;

/// How many refused connections are answered at once; further ones are closed without an answer.
const MAX_ANSWERS: usize = 32;

/// The maximum size of the head of a request that is answered, in bytes.
const MAX_HEAD: usize = 8 << 10;

/// How long a refused client may take to send its request and read the answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);

/// The log gets one line for all refusals within this time.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

pub(super) struct Refusals {
    answers: Arc<Semaphore>,
    repeats: Repeats,
}

impl Default for Refusals {
    fn default() -> Self {
        Self { answers: Arc::new(Semaphore::new(MAX_ANSWERS)), repeats: Repeats::every(LOG_INTERVAL) }
    }
}

impl Refusals {
    pub(super) fn refuse(&self, stream: TcpStream, peer: IpAddr, full: Full) {
        self.log(peer, full);
        if let Ok(permit) = self.answers.clone().try_acquire_owned() {
            tokio::spawn(async move {
                let _ = tokio::time::timeout(ANSWER_TIMEOUT, answer(stream, full)).await;
                drop(permit);
            });
        }
    }

    fn log(&self, peer: IpAddr, full: Full) {
        if let Some(refused) = self.repeats.count() {
            tracing::warn!(refused, last = %peer, limit = variable(full), "connections were refused: too many are open");
        }
    }
}

/// Answers once a request has arrived, which clients expect. What follows it is read too, because the client would lose the
/// answer if the connection were closed with data unread.
async fn answer(mut stream: TcpStream, full: Full) -> std::io::Result<()> {
    let detail = match full {
        Full::Address => "Too many connections are open from your address. Close some, or try again in a minute.",
        Full::Total => "Tributary has too many open connections. Try again in a minute.",
    };
    let body = format!(r#"{{"detail":"{detail}","code":"too_many_connections"}}"#);
    let length = body.len();
    let head = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nretry-after: 60\r\ncache-control: no-store\r\nconnection: close\r\n\r\n"
    );
    let (mut received, mut buffer) = (Vec::new(), [0; 1024]);
    while !received.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            _ if received.len() > MAX_HEAD => return Ok(()),
            length => received.extend_from_slice(&buffer[..length]),
        }
    }
    stream.write_all(format!("{head}{body}").as_bytes()).await?;
    stream.shutdown().await?;
    while stream.read(&mut buffer).await? > 0 {}
    Ok(())
}

fn variable(full: Full) -> &'static str {
    match full {
        Full::Total => "TRIBUTARY_MAX_CONNECTIONS",
        Full::Address => "TRIBUTARY_MAX_CONNECTIONS_PER_ADDRESS",
    }
}
