//! One read of an access token, and what came of many.

use std::{fmt, time::Duration};

use http::StatusCode;
use serde_json::Value;

/// What a program got that asked for an access token.
#[derive(Debug, Clone)]
pub struct Read {
    /// `None` when the connection ended without an answer.
    pub status: Option<StatusCode>,
    /// The answer.
    pub body: Value,
    /// How long it took.
    pub took: Duration,
}

/// What a read came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// An access token.
    Served,
    /// A clear word that the store is away.
    StoreAway,
    /// A clear word that the person has to connect again.
    Told,
    /// A clear word that the person has not connected.
    NotConnected,
    /// Anything else.
    Failed,
}

impl Read {
    /// The access token, if there is one.
    pub fn token(&self) -> Option<&str> {
        self.body["access_token"].as_str()
    }

    /// What it came to.
    pub fn outcome(&self) -> Outcome {
        let code = self.body["code"].as_str();
        match (self.status, code) {
            // The items of a load.
            (Some(StatusCode::OK), _) if self.body.is_array() => Outcome::Served,
            (Some(StatusCode::OK), _) if self.token().is_some() => Outcome::Served,
            (Some(StatusCode::OK), _) if self.body["status"] == "reconnect_required" => Outcome::Told,
            (Some(StatusCode::CONFLICT), Some("reconnect_required")) => Outcome::Told,
            (Some(StatusCode::SERVICE_UNAVAILABLE), Some("store_unavailable")) => Outcome::StoreAway,
            (Some(StatusCode::NOT_FOUND), Some("not_connected")) => Outcome::NotConnected,
            _ => Outcome::Failed,
        }
    }

    /// Whether the person is told that new tokens may have been made, and lost.
    pub fn tells_of_the_window(&self) -> bool {
        let reason = self.body["reason"].as_str().or(self.body["detail"].as_str()).unwrap_or_default();
        self.outcome() == Outcome::Told && reason.contains("may have issued new tokens that were lost")
    }
}

/// For a failure's text: what was answered, without tokens.
impl fmt::Display for Read {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = ["code", "detail", "status", "reason"].into_iter().filter_map(|name| self.body[name].as_str());
        let words = words.collect::<Vec<_>>().join(", ");
        write!(f, "{:?} after {:.1} s: {words}", self.outcome(), self.took.as_secs_f64())
    }
}

/// What came of many reads.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    pub reads: u64,
    pub served: u64,
    pub store_away: u64,
    pub told: u64,
    pub not_connected: u64,
    pub failed: u64,
    pub slowest: Duration,
}

impl Tally {
    /// Adds reads.
    pub fn count<'a>(&mut self, reads: impl IntoIterator<Item = &'a Read>) {
        for read in reads {
            self.reads += 1;
            self.slowest = self.slowest.max(read.took);
            let counter = match read.outcome() {
                Outcome::Served => &mut self.served,
                Outcome::StoreAway => &mut self.store_away,
                Outcome::Told => &mut self.told,
                Outcome::NotConnected => &mut self.not_connected,
                Outcome::Failed => &mut self.failed,
            };
            *counter += 1;
        }
    }
}
