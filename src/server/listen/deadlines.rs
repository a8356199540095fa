//! Deadlines for what a client does on its connection: sending the head of a request, keeping an unused connection open, and
//! reading a response. The body of a request has its deadline in the router.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker, ready},
    time::Duration,
};

use parking_lot::Mutex;
use rustix::net::SendFlags;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep},
};

use super::waiting::Wait;

/// How long each step of a client may take.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// From the first byte of a request (or the opening of the connection) to the end of its headers.
    pub head: Duration,
    /// Between a response and the next request.
    pub idle: Duration,
    /// The same for a trusted proxy. It closes unused connections itself, after up to an hour by default (Envoy), and would
    /// lose a request that it sends just as this side closes.
    pub idle_proxy: Duration,
    /// Without any progress while a response waits to be read. A slow reader that reads on is not cut off, unless its system
    /// says nothing of its reads for that long: many do so once in about 128 KB.
    pub write: Duration,
    /// Before a connection that waits for its client is closed because another needs its place.
    pub make_room: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(15),
            idle: Duration::from_secs(75),
            idle_proxy: Duration::from_secs(2 * 3600),
            write: Duration::from_secs(300),
            make_room: Duration::from_millis(100),
        }
    }
}

/// How long the rest of a request's head may take once the server stops.
const LAST_HEAD: Duration = Duration::from_secs(1);

/// What a connection waits for.
#[derive(Debug, Clone, Copy)]
enum Phase {
    /// The rest of a request's head.
    Head(Instant),
    /// The next request.
    Idle(Instant),
    /// Nothing that the client has to send: a request is being answered.
    Answering,
}

/// The phase of a connection, shared by its socket and its service.
#[derive(Clone)]
pub(super) struct Progress {
    state: Arc<Mutex<State>>,
    timeouts: Timeouts,
    /// Absent where the number of connections is not limited.
    wait: Option<Arc<Wait>>,
}

struct State {
    phase: Phase,
    /// The task that reads from the socket while no deadline counts.
    reader: Option<Waker>,
}

impl Progress {
    pub(super) fn new(timeouts: Timeouts, wait: Option<Arc<Wait>>) -> Self {
        let phase = Phase::Head(Instant::now() + timeouts.head);
        Self { state: Arc::new(Mutex::new(State { phase, reader: None })), timeouts, wait }
    }

    /// A request has arrived. The connection is idle again when the returned value is dropped.
    pub(super) fn answering(&self) -> Answering {
        self.state.lock().phase = Phase::Answering;
        if let Some(wait) = &self.wait {
            wait.end();
        }
        Answering(self.clone())
    }

    /// The server stops: a request whose head is not there soon will not be answered.
    pub(super) fn stop(&self) {
        let mut state = self.state.lock();
        if let Phase::Head(deadline) | Phase::Idle(deadline) = state.phase {
            state.phase = Phase::Head(deadline.min(Instant::now() + LAST_HEAD));
        }
    }

    /// A client that still reads a response is not idle.
    fn sent(&self) {
        let mut state = self.state.lock();
        if let Phase::Idle(_) = state.phase {
            state.phase = Phase::Idle(Instant::now() + self.timeouts.idle);
        }
    }

    fn received(&self) {
        let mut state = self.state.lock();
        if let Phase::Idle(_) = state.phase {
            state.phase = Phase::Head(Instant::now() + self.timeouts.head);
        }
    }

    /// The deadline of a read. If there is none, the task is woken when there is one.
    fn deadline(&self, cx: &Context<'_>) -> Option<Instant> {
        let mut state = self.state.lock();
        match state.phase {
            Phase::Head(deadline) | Phase::Idle(deadline) => Some(deadline),
            Phase::Answering => {
                state.reader = Some(cx.waker().clone());
                None
            }
        }
    }
}

/// A request that is being answered.
pub(super) struct Answering(Progress);

impl Drop for Answering {
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        state.phase = Phase::Idle(Instant::now() + self.0.timeouts.idle);
        let reader = state.reader.take();
        drop(state);
        if let Some(wait) = &self.0.wait {
            wait.begin();
        }
        if let Some(reader) = reader {
            reader.wake();
        }
    }
}

/// A socket whose reads and writes fail at their deadlines.
pub(super) struct TimedSocket {
    stream: TcpStream,
    progress: Progress,
    read_timer: Pin<Box<Sleep>>,
    write_timer: Pin<Box<Sleep>>,
    /// Whether a write is waiting for the client.
    is_stalled: bool,
}

impl TimedSocket {
    pub(super) fn new(stream: TcpStream, progress: Progress) -> Self {
        let timer = || Box::pin(tokio::time::sleep(Duration::ZERO));
        Self { stream, progress, read_timer: timer(), write_timer: timer(), is_stalled: false }
    }

    /// Passes on the result of a write of `data`, or fails if the client has read nothing for too long.
    fn checked(
        &mut self,
        written: Poll<io::Result<usize>>,
        data: &[u8],
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.is_stalled = false;
            self.progress.sent();
            return written;
        }
        if !self.is_stalled {
            self.is_stalled = true;
            self.write_timer.as_mut().reset(Instant::now() + self.progress.timeouts.write);
        }
        ready!(self.write_timer.as_mut().poll(cx));
        // A socket is reported as writable only when a third of its buffer is free. A kilobyte is enough for a write.
        if let Ok(written @ 1..) = rustix::net::send(&self.stream, data, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
            self.is_stalled = false;
            return Poll::Ready(Ok(written));
        }
        tracing::info!(
            seconds = self.progress.timeouts.write.as_secs(),
            "a response was cut off: its client stopped reading"
        );
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for TimedSocket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let read = Pin::new(&mut this.stream).poll_read(cx, buffer);
        if read.is_ready() {
            this.progress.received();
            return read;
        }
        // While the client has to read, the deadline for that counts.
        let Some(deadline) = this.progress.deadline(cx).filter(|_| !this.is_stalled) else { return Poll::Pending };
        if this.read_timer.deadline() != deadline {
            this.read_timer.as_mut().reset(deadline);
        }
        ready!(this.read_timer.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncWrite for TimedSocket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(cx, data);
        this.checked(written, data, cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(cx, data);
        let first = data.iter().find(|data| !data.is_empty()).map_or(&[][..], |data| data);
        this.checked(written, first, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
