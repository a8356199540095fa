//! Tributary connects users' HubSpot, Notion and Airtable accounts and loads what is in them as one stream of items.
//!
//! One crate, built twice: with the feature `ssr` it is the server, with `hydrate` the page's WASM half.
//!
//! # Invariants
//!
//! - [`model`] is the only module whose types cross a wire. Nothing in [`app`] knows a provider's API.
//! - One trait of ours: `server::store::Store`. One table of providers: `server::providers::ALL`. A provider is a
//!   `const` of data plus a few functions; its file has paths, reply types and the mapping to items, and no HTTP
//!   plumbing, storage or OAuth code.
//! - Tokens and secrets are in clear only inside `server::tokens` and `server::providers::Api`, and in the one answer
//!   that gives a program its access token (`server::rest`); they wear `secrecy` types, and neither a log line, an
//!   error nor the page ever holds one.
//! - A failing stream never fails a load, and a load is never both green and incomplete.
//! - No state outside the store: any request may be answered by any process. What a process remembers for itself
//!   (quotas, what failed just now) only spares requests; who is refreshing a grant stands in the grant.
//! - Everything a person or a program sends is bounded and checked before it is used.

pub mod model;

pub mod api;
pub mod app;
pub mod jsonl;

#[cfg(feature = "ssr")]
pub mod server;

/// Makes the server-rendered page live. Called by the script that Leptos puts into the page.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(app::App);
}
