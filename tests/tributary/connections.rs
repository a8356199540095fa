//! Slow connections: how long a client may take for each step, and how many connections it may open. The attacker is at
//! 127.0.0.2, everybody else at 127.0.0.1.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Router, body::Body, routing::get};
use futures::stream;
use reqwest::Client;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{mpsc, oneshot},
};
use tributary::server::{
    listen::{ConnectionLimits, Timeouts},
    raise_open_file_limit, serve,
};

use crate::support::{fixtures::API_KEY, process::Process, wait::wait_until};

const ATTACKER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
const WATCHER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A connection from this address that receives as little ahead of its reads as the system allows.
async fn open(from: IpAddr, server: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(1024).unwrap();
    socket.bind((from, 0).into()).unwrap();
    socket.connect(server).await.unwrap()
}

async fn open_and_send(from: IpAddr, server: SocketAddr, text: &str) -> TcpStream {
    let mut stream = open(from, server).await;
    // A connection over the limit may be closed already.
    let _ = stream.write_all(text.as_bytes()).await;
    stream
}

fn address(process: &Process) -> SocketAddr {
    process.url.replace("http://localhost", "127.0.0.1").parse().unwrap()
}

/// A client that opens a new connection for each request.
fn client(from: IpAddr) -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().local_address(from).pool_max_idle_per_host(0).build().unwrap()
}

/// The longest of some requests to `/healthz`.
async fn slowest_health_check(server: SocketAddr) -> Duration {
    let (client, mut slowest) = (client(WATCHER), Duration::ZERO);
    for _ in 0..30 {
        let began = Instant::now();
        let response = client.get(format!("http://{server}/healthz")).send().await.unwrap();
        assert_eq!(response.text().await.unwrap(), "alive\n");
        slowest = slowest.max(began.elapsed());
    }
    slowest
}

/// What attackers send: nothing, half a head, half a body, and rarely more requests than fit the buffers, whose responses they
/// do not read.
fn attack(number: usize) -> String {
    if number.is_multiple_of(250) {
        return "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(1400);
    }
    let head = "POST /integrations/hubspot/load HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n";
    match number % 3 {
        0 => String::new(),
        1 => "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ".into(),
        _ => format!("{head}Authorization: Bearer {API_KEY}\r\n\r\nuser_id="),
    }
}

#[tokio::test]
async fn health_checks_are_answered_beside_two_thousand_slow_connections() {
    raise_open_file_limit();
    let few = Process::serve_with_open_files(1024, &[("TRIBUTARY_SANDBOX", "off"), ("TRIBUTARY_API_KEY", API_KEY)]);
    let many = Process::serve(&[
        ("TRIBUTARY_SANDBOX", "off"),
        ("TRIBUTARY_API_KEY", API_KEY),
        ("TRIBUTARY_MAX_CONNECTIONS_PER_ADDRESS", "2500"),
    ]);
    for (name, process) in [("1,024 open files", &few), ("2,500 connections an address", &many)] {
        let server = address(process);
        let mut connections = Vec::new();
        for number in 0..2000 {
            connections.push(open_and_send(ATTACKER, server, &attack(number)).await);
        }
        let slowest = slowest_health_check(server).await;
        println!("the slowest of 30 health checks beside 2,000 slow connections, {name}: {slowest:?}");
        assert!(slowest < Duration::from_secs(2), "{name}: {slowest:?}");
        assert_eq!(process.log().contains("connections were refused"), name.contains("files"), "{name}");
    }
}

#[tokio::test]
async fn a_process_without_free_files_accepts_connections_again_later() {
    raise_open_file_limit();
    // A trusted proxy may open as many as it wants.
    let proxy = [("TRIBUTARY_SANDBOX", "off"), ("TRIBUTARY_TRUSTED_PROXIES", "127.0.0.2")];
    let process = Process::serve_with_open_files(256, &proxy);
    let mut connections = Vec::new();
    for _ in 0..300 {
        connections.push(open(ATTACKER, address(&process)).await);
    }
    wait_until("accepting fails", async || process.log().contains("can't be accepted")).await;
    drop(connections);
    slowest_health_check(address(&process)).await;
}

/// A server with short time-outs. `/endless` never ends, and the receiver learns when its response was dropped.
async fn start(limits: ConnectionLimits, timeouts: Timeouts) -> (SocketAddr, mpsc::Receiver<()>) {
    let (dropped, receiver) = mpsc::channel(1);
    let endless = move || {
        let dropped = dropped.clone();
        // The last owner of the sender is the stream of the response.
        let guard = Guard(dropped);
        let chunks = stream::unfold(guard, |guard| async move {
            Some((Ok::<_, std::convert::Infallible>(vec![b'x'; 16 << 10]), guard))
        });
        std::future::ready(Body::from_stream(chunks))
    };
    let app = Router::new().route("/", get(|| async { "ok" })).route("/endless", get(endless));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap();
    tokio::spawn(async move { drop(serve(listener, app, limits, timeouts, std::future::pending()).await) });
    (server, receiver)
}

struct Guard(mpsc::Sender<()>);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.try_send(());
    }
}

fn limits(total: usize, per_address: usize) -> ConnectionLimits {
    ConnectionLimits { total, per_address, trusted_proxies: Arc::new("127.0.0.3".parse().unwrap()) }
}

const SHORT: Timeouts = Timeouts {
    head: Duration::from_millis(300),
    idle: Duration::from_millis(900),
    idle_proxy: Duration::from_secs(3600),
    write: Duration::from_millis(500),
    make_room: Duration::ZERO,
};

const REQUEST: &str = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Everything that the server sends until it closes the connection, and how long that takes.
async fn until_closed(mut stream: TcpStream) -> (String, Duration) {
    let (began, mut received) = (Instant::now(), Vec::new());
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut received)).await;
    read.expect("the connection stays open").unwrap();
    (String::from_utf8_lossy(&received).into_owned(), began.elapsed())
}

#[tokio::test]
async fn a_connection_on_which_no_whole_request_arrives_is_closed() {
    let (server, _) = start(limits(10, 10), SHORT).await;
    for sent in ["", "GET / HTT", "GET / HTTP/1.1\r\nHost: localhost\r\n"] {
        let (received, after) = until_closed(open_and_send(WATCHER, server, sent).await).await;
        assert!(!received.contains("200") && after >= SHORT.head / 2, "{sent:?}: {received} after {after:?}");
    }
    // Bytes that trickle in do not extend the deadline.
    let mut stream = open(WATCHER, server).await;
    let mut interval = tokio::time::interval(SHORT.head / 10);
    let began = Instant::now();
    while stream.write_all(b"G").await.is_ok() {
        assert!(began.elapsed() < Duration::from_secs(20), "the connection stays open");
        interval.tick().await;
    }
}

#[tokio::test]
async fn a_head_that_does_not_arrive_does_not_delay_a_shutdown() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async { stopped.await.unwrap() };
    let serving = tokio::spawn(serve(listener, Router::new(), limits(10, 10), Timeouts::default(), stopped));
    let half = open_and_send(WATCHER, server, "GET / HTTP/1.1\r\nHost: ").await;
    // Connections are accepted in order.
    client(WATCHER).get(format!("http://{server}/")).send().await.unwrap();
    stop.send(()).unwrap();
    let shutdown = tokio::time::timeout(Timeouts::default().head / 2, serving.await.unwrap().shutdown());
    assert!(shutdown.await.is_ok());
    drop(half);
}

#[tokio::test]
async fn a_connection_of_a_trusted_proxy_is_kept_longer() {
    let (server, _) = start(limits(10, 10), SHORT).await;
    let mut stream = open_and_send([127, 0, 0, 3].into(), server, REQUEST).await;
    let mut answer = vec![0; 4 << 10];
    assert!(stream.read(&mut answer).await.unwrap() > 0);
    // By then, anybody else's connection is closed.
    let others = open_and_send(WATCHER, server, REQUEST).await;
    until_closed(others).await;
    stream.write_all(REQUEST.as_bytes()).await.unwrap();
    assert!(stream.read(&mut answer).await.unwrap() > 0, "it was closed");
}

#[tokio::test]
async fn a_connection_is_kept_between_requests_for_longer_than_a_head_may_take_but_not_for_ever() {
    let (server, _) = start(limits(10, 10), SHORT).await;
    let mut stream = open_and_send(WATCHER, server, REQUEST).await;
    let mut answer = [0; 8];
    stream.read_exact(&mut answer).await.unwrap();
    tokio::time::sleep(SHORT.head * 2).await;
    stream.write_all(REQUEST.as_bytes()).await.unwrap();
    let (received, after) = until_closed(stream).await;
    assert_eq!(received.matches("HTTP/1.1 200").count(), 1, "{received}");
    assert!(after >= SHORT.idle / 2, "{after:?}");
}

#[tokio::test]
async fn a_client_that_stops_reading_is_cut_off_and_a_slow_one_is_not() {
    let (server, mut dropped) = start(limits(10, 10), SHORT).await;
    let request = REQUEST.replace("/ ", "/endless ");
    let mut slow = TcpStream::connect(server).await.unwrap();
    slow.write_all(request.as_bytes()).await.unwrap();
    let mut buffer = vec![0; 64 << 10];
    // Eight times as long as a client may pause.
    let mut interval = tokio::time::interval(SHORT.write / 20);
    for _ in 0..160 {
        assert!(slow.read(&mut buffer).await.unwrap() > 0);
        interval.tick().await;
    }
    assert!(dropped.try_recv().is_err(), "a slow reader was cut off");
    drop(slow);
    dropped.recv().await.unwrap();

    let _stalled = open_and_send(WATCHER, server, &request).await;
    let began = Instant::now();
    let cut_off = tokio::time::timeout(Duration::from_secs(20), dropped.recv()).await;
    assert!(cut_off.is_ok() && began.elapsed() >= SHORT.write / 2, "{cut_off:?} after {:?}", began.elapsed());
}

#[tokio::test]
async fn a_reader_of_some_bytes_a_second_is_not_cut_off() {
    let (server, mut dropped) = start(limits(10, 10), SHORT).await;
    let mut slow = open_and_send(WATCHER, server, &REQUEST.replace("/ ", "/endless ")).await;
    // Six kilobytes within the time in which a client has to read something, and for eight times as long.
    let (mut buffer, mut interval) = ([0; 2 << 10], tokio::time::interval(SHORT.write / 3));
    for _ in 0..24 {
        assert!(slow.read(&mut buffer).await.unwrap() > 0);
        interval.tick().await;
    }
    assert!(dropped.try_recv().is_err(), "a slow reader was cut off");
}

#[tokio::test]
async fn unused_connections_of_many_addresses_make_room_for_everybody_else() {
    let timeouts = Timeouts { make_room: Duration::ZERO, ..Timeouts::default() };
    let (server, mut dropped) = start(limits(6, 2), timeouts).await;
    let mut used = open_and_send(WATCHER, server, &REQUEST.replace("/ ", "/endless ")).await;
    used.read_exact(&mut [0; 8]).await.unwrap();
    let mut unused = Vec::new();
    for number in 0..20_u8 {
        let mut stream = open_and_send([127, 0, 1, number / 2].into(), server, REQUEST).await;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200", "{number}");
        unused.push(stream);
        let status = client(WATCHER).get(format!("http://{server}/")).send().await.unwrap().status();
        assert_eq!(status, http::StatusCode::OK, "{number}");
    }
    assert!(dropped.try_recv().is_err(), "a connection that is being answered stays");
}

#[tokio::test]
async fn one_address_cannot_use_up_all_connections() {
    let (server, _) = start(limits(4, 2), Timeouts::default()).await;
    let endless = REQUEST.replace("/ ", "/endless ");
    let attackers = [open_and_send(ATTACKER, server, &endless).await, open_and_send(ATTACKER, server, &endless).await];
    let get = |from: IpAddr| client(from).get(format!("http://{server}/")).send();
    let refused = get(ATTACKER).await.unwrap();
    assert_eq!(
        (refused.status(), &refused.headers()["retry-after"]),
        (http::StatusCode::SERVICE_UNAVAILABLE, &"60".parse().unwrap())
    );
    let error: serde_json::Value = refused.json().await.unwrap();
    assert!(error["detail"].as_str().unwrap().contains("from your address"), "{error}");
    assert_eq!(get(WATCHER).await.unwrap().status(), http::StatusCode::OK);

    let mut others = Vec::new();
    let error = loop {
        // The watcher's last connection may still count.
        let from = [127, 0, 0, 4 + u8::try_from(others.len()).unwrap()].into();
        // Connections that are not being answered would make room.
        others.push(open_and_send(from, server, &REQUEST.replace("/ ", "/endless ")).await);
        let response = get(WATCHER).await.unwrap();
        if response.status() != http::StatusCode::OK {
            break response.json::<serde_json::Value>().await.unwrap();
        }
    };
    assert_eq!(error["code"], "too_many_connections");
    // The connections of a trusted proxy are not limited.
    let _proxy = [open([127, 0, 0, 3].into(), server).await, open([127, 0, 0, 3].into(), server).await];
    assert_eq!(get([127, 0, 0, 3].into()).await.unwrap().status(), http::StatusCode::OK);
    drop(attackers);
    wait_until("closed connections make room", async || {
        get(WATCHER).await.is_ok_and(|response| response.status() == http::StatusCode::OK)
    })
    .await;
}
