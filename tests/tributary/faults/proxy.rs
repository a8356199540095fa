//! A TCP proxy between one process and Redis, which can be cut as by a network partition.

use std::net::SocketAddr;

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

/// The proxy, which stops when the value is dropped.
pub struct Proxy {
    /// `redis://127.0.0.1:1234`.
    pub url: String,
    is_cut: watch::Sender<bool>,
    _task: JoinSet<()>,
}

impl Proxy {
    /// Forwards to the server at `redis_url`.
    pub async fn start(redis_url: &str) -> Self {
        let target: SocketAddr = redis_url.strip_prefix("redis://").unwrap().parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        let (is_cut, mut task) = (watch::Sender::new(false), JoinSet::new());
        let watched = is_cut.clone();
        task.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(forward(client, target, watched.subscribe()));
            }
        });
        Self { url, is_cut, _task: task }
    }

    /// From now on nothing gets through. Connections stay open, as nobody says that the others are gone.
    pub fn cut(&self) {
        self.is_cut.send_replace(true);
    }

    /// Connections get through again; those from before are closed.
    pub fn heal(&self) {
        self.is_cut.send_replace(false);
    }
}

async fn forward(mut client: TcpStream, target: SocketAddr, mut is_cut: watch::Receiver<bool>) {
    if !*is_cut.borrow() {
        let Ok(mut server) = TcpStream::connect(target).await else { return };
        tokio::select! {
            _ = copy_bidirectional(&mut client, &mut server) => return,
            _ = is_cut.wait_for(|is_cut| *is_cut) => {}
        }
    }
    // An error means that the proxy was dropped.
    let _ = is_cut.wait_for(|is_cut| !is_cut).await;
}
