//! The server: everything that never reaches the browser.
//!
//! Three operations pass through it: a user connects an account ([`connect`]), a load runs ([`load`]), an access token is
//! needed ([`grants`]). The modules are listed bottom up, and each imports only those above it, so there are no circles.

pub mod clock;
pub mod failpoint;
mod listen;
pub mod telemetry;

pub mod store;

pub mod crypto;

pub mod error;

pub mod providers;

pub mod config;

pub mod connections;

pub mod audit;

pub mod grants;

pub mod state;

pub mod load;

pub mod access;

pub mod views;

pub mod connect;

pub mod rest;

pub mod router;

pub use listen::{serve_until_stopped, set_up_process};
pub use router::router;
pub use state::AppState;
