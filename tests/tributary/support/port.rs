//! Free ports for servers in other processes.

use std::{
    net::TcpListener,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};

/// A free port that was not returned before in this process. It is below the range that the system uses for outgoing
/// connections: with hundreds of them, one would occasionally take a port between its choice and its use.
pub fn free_port() -> u16 {
    static TRIED: AtomicU32 = AtomicU32::new(0);
    // Concurrent runs of the tests start at different ports.
    let start = std::process::id().wrapping_mul(97);
    loop {
        let offset = start.wrapping_add(TRIED.fetch_add(1, Relaxed)) % 20_000;
        let port = u16::try_from(12_000 + offset).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
