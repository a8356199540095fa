//! Tests of the whole program: its router over real connections, its stores and its processes. One binary, so that it is
//! linked once.
#![allow(clippy::unwrap_used, reason = "an unexpected error fails the test")]

/// What tests share: servers, browsers, processes and stores to test with.
mod support {
    pub mod app;
    pub mod browser;
    pub mod fixtures;
    pub mod port;
    pub mod process;
    pub mod redis;
    pub mod redis_cluster;
    pub mod redis_sentinel;
    pub mod wait;
}

mod access;
mod audit;
mod client_addresses;
mod connect;
mod connections;
mod cross_site;
mod load;
mod load_limits;
mod one_time_links;
mod program;
mod provider_text;
mod rest;
mod secrets;
mod sessions;
mod shutdown;

mod fuzz {
    mod any_request;
    mod browser;
    mod inputs;
    mod service;
}

mod grants {
    mod deadlines;
    mod discarded_tokens;
    mod encryption_keys;
    mod refresh;
    mod refused_tokens;
    mod scheduler;
    mod vault;
}

mod providers {
    mod airtable;
    mod common;
    mod notion;
    mod redirects;
}

mod store {
    mod contract;
    mod embedded;
    mod eviction;
    mod layout;
    mod probe;
    mod replicated;
}

mod faults {
    mod case;
    mod cluster;
    mod options;
    mod provider;
    mod proxy;
    mod stored_grants;
    mod suite;
    mod table;
    mod token_read;

    mod cases {
        pub mod abandoned_claims;
        pub mod clock_skew;
        pub mod embedded;
        pub mod evictions;
        pub mod failovers;
        pub mod kills;
        pub mod partition;
        pub mod races;
        pub mod random_kills;
        pub mod store_outages;
        pub mod token_endpoint;
    }
}
