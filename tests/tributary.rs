//! The whole program: its router over real connections, its stores, its processes. One binary, so that it links once.
#![allow(clippy::unwrap_used, reason = "a test that meets an error has failed")]

#[path = "tributary/app.rs"]
mod app;
#[path = "tributary/browser.rs"]
mod browser;
#[path = "tributary/caller.rs"]
mod caller;
#[path = "tributary/eventually.rs"]
mod eventually;
#[path = "tributary/process.rs"]
mod process;
#[path = "tributary/redis.rs"]
mod redis;

#[path = "tributary/access.rs"]
mod access;
#[path = "tributary/airtable.rs"]
mod airtable;
#[path = "tributary/audit.rs"]
mod audit;
#[path = "tributary/connect.rs"]
mod connect;
#[path = "tributary/encryption_keys.rs"]
mod encryption_keys;
#[path = "tributary/faults.rs"]
mod faults;
#[path = "tributary/load.rs"]
mod load;
#[path = "tributary/notion.rs"]
mod notion;
#[path = "tributary/processes.rs"]
mod processes;
#[path = "tributary/providers.rs"]
mod providers;
#[path = "tributary/refresh.rs"]
mod refresh;
#[path = "tributary/rest.rs"]
mod rest;
#[path = "tributary/scheduler.rs"]
mod scheduler;
#[path = "tributary/secrets.rs"]
mod secrets;
#[path = "tributary/store.rs"]
mod store;
#[path = "tributary/vault.rs"]
mod vault;
