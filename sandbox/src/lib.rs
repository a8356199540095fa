//! Stand-ins for HubSpot, Notion and Airtable, faithful enough that the providers' own SDKs accept them.
//!
//! Each stand-in serves the paths of the real API below a prefix of its own, such as `/hubspot`, so pointing a client at
//! the sandbox means changing base URLs and nothing else. `/__sandbox` controls it: settings, faults and counters.
//!
//! The sandbox answers only requests addressed to this machine and keeps nothing on disk. Records are computed from the
//! seed and tokens are self-contained, so both survive a restart. Writing to a provider's data is not implemented.

use std::{sync::Arc, time::Duration};

use axum::{Router, middleware, response::Html, routing::get};

#[cfg(feature = "cli")]
pub use self::cli::{Arguments, serve};
pub use self::records::Records;
use self::{
    context::{Context, clock::Clock},
    control::settings::Settings,
    stand_in::Running,
};

mod stand_in;

mod airtable;
#[cfg(feature = "example")]
mod example;
mod hubspot;
mod notion;

mod context;
mod control;
mod records;
mod traffic;

mod fixtures;
mod grants;
mod rate_limit;
mod reply;

#[cfg(feature = "cli")]
mod cli;

/// The seed of a sandbox that is not given one.
pub const DEFAULT_SEED: u64 = 1;

/// How a sandbox starts. `/__sandbox/config` can change all of it later except the address and the seed.
pub struct Options {
    /// Where clients reach the sandbox, without a trailing slash: `http://localhost:8001`.
    pub public_url: String,
    pub records: Records,
    /// Added to the response time of every request.
    pub latency: Duration,
    /// Whether the providers' rate limits are enforced.
    pub limits: bool,
    /// A seed determines all records, byte for byte. Tokens are accepted by every sandbox with the same seed.
    pub seed: u64,
}

/// All routes of a new sandbox.
pub fn router(options: Options) -> Router {
    router_at(options, Clock::system())
}

fn router_at(options: Options, clock: Clock) -> Router {
    let settings = Settings::new(options.records, options.latency, options.limits);
    let context = Arc::new(Context::new(options.public_url, options.seed, settings, clock));
    let running: Vec<Running> = stand_in::ALL.iter().map(|stand_in| (stand_in.start)(context.clone())).collect();
    let mut routes = Router::new().route("/", get(index));
    for stand_in in &running {
        routes = routes.merge(stand_in.routes.clone());
    }
    routes
        .fallback(stand_in::no_such_path)
        .layer(middleware::from_fn_with_state(context.clone(), traffic::observe))
        .merge(control::routes(context, running))
        .layer(middleware::from_fn(traffic::local_only))
}

async fn index() -> Html<String> {
    let links =
        stand_in::ALL.iter().map(|stand_in| format!("<li>{} under <code>/{}</code>", stand_in.name, stand_in.slug));
    Html(format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Tributary sandbox</title>\
         <p>This is Tributary's sandbox, with stand-ins for:<ul>{}</ul>\
         <p>See its <a href=/__sandbox/config>settings</a> and <a href=/__sandbox/stats>counters</a>.",
        links.collect::<String>()
    ))
}

#[cfg(test)]
mod tests;
