//! Tributary connects users' HubSpot, Notion and Airtable accounts and loads what is in them as one stream of items.
//!
//! This crate is built twice: with the feature `ssr` it is the server, with `hydrate` the WASM half of the page.
//!
//! # Invariants
//!
//! - [`model`] has the types that cross a wire, apart from small bodies and forms beside the handlers that read or send them.
//!   Nothing in [`app`] knows a provider's API.
//! - One trait for state: `server::store::Store`. One table of providers: `server::providers::ALL`. A provider is a `const`
//!   of data plus a few functions; no code outside its own file asks which provider it is dealing with.
//! - Tokens and client secrets are in clear only inside `server::grants` and `server::providers::client`, in the handlers
//!   that pass newly issued tokens between the two, and in the one response that gives a program its access token. They
//!   are wrapped in `secrecy` types; no log line, error or view contains one.
//! - Everything that is encrypted goes through `server::crypto`, and can be decrypted only in the place it was encrypted for.
//! - A grant is dead only when its provider's token endpoint says so, when there is nothing to refresh it with, or when no
//!   refresh has succeeded until days after its deadline. What a data API refuses is shown and tried again.
//! - A failing stream never fails a load, and a load is never both complete and missing something.
//! - No state outside the store: any process may answer any request. What a process keeps for itself (rate limits, recent
//!   failures) only saves requests; a refresh in progress is recorded in its grant.
//! - Errors are typed where code matches on them, and become [`model::AppError`] once, at the edge.
//! - Every entry of the audit log names an actor who was authenticated.
//! - Everything that a person or program sends is bounded and checked before it is used.

pub mod model;

pub mod api;
pub mod app;
pub mod jsonl;

#[cfg(feature = "ssr")]
pub mod server;

#[cfg(feature = "ssr")]
pub mod cli;

/// Hydrates the server-rendered page. Called by the script that Leptos puts into it.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(app::App);
}
