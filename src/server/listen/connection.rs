//! One connection: HTTP/1.1 with bounded buffers, and the client's address on each request.

use std::{
    convert::Infallible,
    net::IpAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
};
use http::Request;
use hyper::{
    body::{Frame, Incoming, SizeHint},
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{rt::TokioIo, server::graceful::Watcher, service::TowerToHyperService};
use rustix::net::sockopt::set_socket_send_buffer_size;
use tokio::{net::TcpStream, sync::watch};

use super::{
    Timeouts,
    deadlines::{Answering, Progress, TimedSocket},
    slots::Slot,
    waiting::Wait,
};
use crate::server::client_address::TrustedProxies;

/// The maximum size of a request's head in bytes, and of what is buffered of a response.
const MAX_BUFFER: usize = 64 << 10;

/// The size of the system's send buffer of a connection in bytes.
const SEND_BUFFER: usize = 256 << 10;

/// An accepted connection.
pub(super) struct Connection {
    pub(super) stream: TcpStream,
    pub(super) peer: IpAddr,
    pub(super) slot: Slot,
    pub(super) app: Router,
    pub(super) trusted: Arc<TrustedProxies>,
    pub(super) timeouts: Timeouts,
    /// Its sender is dropped when the server stops.
    pub(super) stopping: watch::Receiver<()>,
}

impl Connection {
    /// Serves the requests of the connection until it ends.
    pub(super) async fn serve(self, watcher: Watcher) {
        let Self { stream, peer, slot, app, trusted, mut timeouts, mut stopping } = self;
        if trusted.contains(peer) {
            timeouts.idle = timeouts.idle_proxy;
        }
        // Lines of a load are sent as they come.
        let _ = stream.set_nodelay(true);
        // Without a limit the system buffers megabytes for a client that does not read.
        let _ = set_socket_send_buffer_size(&stream, SEND_BUFFER);
        let progress = Progress::new(timeouts, slot.wait.clone());
        let socket = TokioIo::new(TimedSocket::new(stream, progress.clone()));
        let app = TowerToHyperService::new(app);
        let of_requests = progress.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let answering = of_requests.answering();
            let mut request = request.map(Body::new);
            let client = trusted.client(peer, request.headers());
            request.extensions_mut().insert(client);
            let response = app.call(request);
            async move {
                let response = response.await?;
                Ok::<_, Infallible>(response.map(|body| ResponseBody { body, _answering: answering }))
            }
        });
        let connection =
            http1::Builder::new().header_read_timeout(None).max_buf_size(MAX_BUFFER).serve_connection(socket, service);
        let mut connection = pin!(watcher.watch(connection));
        let mut is_stopping = false;
        let ended = loop {
            tokio::select! {
                ended = &mut connection => break ended,
                _ = stopping.changed(), if !is_stopping => {
                    progress.stop();
                    is_stopping = true;
                }
                () = chosen(slot.wait.as_deref()) => return tracing::debug!(client = %peer, "an unused connection made room"),
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, client = %peer, "a connection ended");
        }
    }
}

/// Completes when the connection has to make room for another.
async fn chosen(wait: Option<&Wait>) {
    match wait {
        Some(wait) => wait.closing().await,
        None => std::future::pending().await,
    }
}

/// The body of a response, which marks the connection as idle when it is sent or dropped.
struct ResponseBody {
    body: Body,
    _answering: Answering,
}

impl HttpBody for ResponseBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
