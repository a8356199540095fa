//! The sandbox: stand-ins for the providers, faithful enough that their own SDKs talk to them.
//!
//! Each provider lives under a prefix of its own (`/hubspot`, `/notion`, `/airtable`) with the paths of the real service below it, so a client is
//! pointed at the sandbox by changing base URLs and nothing else. `/__sandbox` steers it: settings, faults and counters.
//! It answers only requests addressed to this machine. It keeps nothing on disk: records are computed from the seed, and
//! tokens describe themselves, so both survive a restart. It does not implement writes to a provider's data.

use std::{sync::Arc, time::Duration};

use axum::{Router, middleware, response::Html, routing::get};

#[cfg(feature = "cli")]
pub use self::cli::{Arguments, serve};
pub use self::records::Records;
use self::{clock::Clock, settings::Settings, world::World};

mod airtable;
#[cfg(feature = "cli")]
mod cli;
mod clock;
mod control;
mod dice;
mod faults;
mod gate;
mod grants;
mod html;
mod hubspot;
mod limits;
mod notion;
mod records;
mod reply;
mod settings;
mod stats;
mod tokens;
mod words;
mod world;

/// The stand-ins, by the prefix of their paths.
const PROVIDERS: [&str; 3] = ["hubspot", "notion", "airtable"];

/// The seed of a sandbox that is not given one.
pub const DEFAULT_SEED: u64 = 1;

/// What a sandbox starts with. Everything but the address and the seed can be changed later at `/__sandbox/config`.
pub struct Options {
    /// Where clients reach the sandbox, without a slash at the end: `http://localhost:8001`.
    pub public_url: String,
    /// How many records each object type has.
    pub records: Records,
    /// How long every answer is held back.
    pub latency: Duration,
    /// Whether the providers' rate limits are enforced.
    pub limits: bool,
    /// The same seed gives the same records, byte for byte, and accepts the same tokens.
    pub seed: u64,
}

/// All routes of the sandbox.
pub fn router(options: Options) -> Router {
    router_at(options, Clock::system())
}

fn router_at(options: Options, clock: Clock) -> Router {
    let settings = Settings::new(options.records, options.latency, options.limits);
    let world = Arc::new(World::new(options.public_url, options.seed, settings, clock));
    let hubspot = Arc::new(hubspot::Hubspot::new(world.clone()));
    let notion = Arc::new(notion::Notion::new(world.clone()));
    let airtable = Arc::new(airtable::Airtable::new(world.clone()));
    Router::new()
        .route("/", get(index))
        .merge(hubspot::routes(hubspot.clone()))
        .merge(notion::routes(notion.clone()))
        .merge(airtable::routes(airtable.clone()))
        .layer(middleware::from_fn_with_state(world.clone(), gate::pass))
        .merge(control::routes(
            world,
            vec![
                Box::new(move || hubspot.reset()),
                Box::new(move || notion.reset()),
                Box::new(move || airtable.reset()),
            ],
        ))
        .layer(middleware::from_fn(gate::local_only))
}

async fn index() -> Html<&'static str> {
    Html(concat!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Tributary sandbox</title>",
        "<p>This is Tributary's sandbox: stand-ins for HubSpot under <code>/hubspot</code>, Notion under ",
        "<code>/notion</code> and Airtable under <code>/airtable</code>, with <a href=/__sandbox/config>settings</a> and ",
        "<a href=/__sandbox/stats>counters</a>.</p>",
    ))
}

#[cfg(test)]
mod tests;
