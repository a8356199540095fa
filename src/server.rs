//! The server: everything that never reaches the browser.
//!
//! Three operations pass through it: a user connects (`connect`), a load runs (`load`), a token is needed (`grants`).
//! Modules are listed bottom up: each imports only those above it, apart from `state` and `router`, which assemble the rest.

pub mod clock;
pub mod error;
pub mod failpoint;
pub mod telemetry;

pub mod store;

pub mod crypto;

pub mod providers;

pub mod config;

pub mod connections;

pub mod audit;

pub mod grants;

pub mod state;

pub mod access;

pub mod load;

pub mod views;

pub mod connect;

pub mod rest;

mod listen;
pub mod router;

pub use listen::{serve_until_stopped, set_up_process};
pub use router::router;
pub use state::AppState;
