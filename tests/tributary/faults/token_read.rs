//! The result of one read of an access token, and a tally of many.

use std::{fmt, time::Duration};

use http::StatusCode;
use serde_json::Value;

/// The response to a request for an access token, or for a load.
#[derive(Debug, Clone)]
pub struct Read {
    /// `None` when the connection ended without a response.
    pub status: Option<StatusCode>,
    pub body: Value,
    pub duration: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// An access token, or the items of a complete load.
    Served,
    /// The error that the store is unavailable.
    StoreUnavailable,
    /// The user has to reconnect.
    ReconnectRequired,
    /// The user has not connected.
    NotConnected,
    /// Anything else.
    Failed,
}

impl Read {
    /// The access token, if there is one.
    pub fn token(&self) -> Option<&str> {
        self.body["access_token"].as_str()
    }

    pub fn outcome(&self) -> Outcome {
        let code = self.body["code"].as_str();
        match (self.status, code) {
            // The items of a load.
            (Some(StatusCode::OK), _) if self.body.is_array() => Outcome::Served,
            (Some(StatusCode::OK), _) if self.token().is_some() => Outcome::Served,
            (Some(StatusCode::OK), _) if self.body["status"] == "reconnect_required" => Outcome::ReconnectRequired,
            (Some(StatusCode::CONFLICT), Some("reconnect_required")) => Outcome::ReconnectRequired,
            (Some(StatusCode::SERVICE_UNAVAILABLE), Some("store_unavailable")) => Outcome::StoreUnavailable,
            (Some(StatusCode::NOT_FOUND), Some("not_connected")) => Outcome::NotConnected,
            _ => Outcome::Failed,
        }
    }

    /// Whether it says that the user has to reconnect because new tokens may have been issued and lost.
    pub fn reports_lost_tokens(&self) -> bool {
        let reason = self.body["reason"].as_str().or(self.body["detail"].as_str()).unwrap_or_default();
        self.outcome() == Outcome::ReconnectRequired && reason.contains("may have issued new tokens that were lost")
    }
}

/// The response without its tokens, for error messages.
impl fmt::Display for Read {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts = ["code", "detail", "status", "reason"].into_iter().filter_map(|name| self.body[name].as_str());
        let texts = texts.collect::<Vec<_>>().join(", ");
        write!(f, "{:?} after {:.1} s: {texts}", self.outcome(), self.duration.as_secs_f64())
    }
}

/// How many reads had each outcome.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    pub reads: u64,
    pub served: u64,
    pub store_unavailable: u64,
    pub reconnect_required: u64,
    pub not_connected: u64,
    pub failed: u64,
    pub slowest: Duration,
}

impl Tally {
    pub fn add<'a>(&mut self, reads: impl IntoIterator<Item = &'a Read>) {
        for read in reads {
            self.reads += 1;
            self.slowest = self.slowest.max(read.duration);
            let counter = match read.outcome() {
                Outcome::Served => &mut self.served,
                Outcome::StoreUnavailable => &mut self.store_unavailable,
                Outcome::ReconnectRequired => &mut self.reconnect_required,
                Outcome::NotConnected => &mut self.not_connected,
                Outcome::Failed => &mut self.failed,
            };
            *counter += 1;
        }
    }
}
