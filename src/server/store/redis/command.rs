//! Commands as they are sent, and the scripts among them. Every command has one key, so a cluster accepts all of them.

use std::time::Duration;

use bytes::Bytes;
use fred::types::{ClusterHash, CustomCommand, Value};

/// The prefix of all our keys, so that other applications can share the server.
pub(super) const PREFIX: &str = "tributary:";

/// GETDEL as a script, since the command needs Redis 6.2.
pub(super) const TAKE: &str = "local value = redis.call('GET', KEYS[1]) redis.call('DEL', KEYS[1]) return value";

/// `KEYS[1]` is the key; `ARGV` the new value, its lifetime in ms, and the expected value if there is one. GET returns
/// false for an absent key.
pub(super) const COMPARE_AND_SWAP: &str = "if redis.call('GET', KEYS[1]) == (ARGV[3] or false) then \
    redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) return 1 else return 0 end";

/// `KEYS[1]` is the index; `ARGV` the member, its score, the maximum number of members, the lifetime in ms and, if
/// members become too old, their maximum age in ms.
pub(super) const INDEX_PUT: &str = "redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1]) \
    redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - ARGV[3]) redis.call('PEXPIRE', KEYS[1], ARGV[4]) \
    if ARGV[5] then redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', \
    string.format('(%.0f', redis.call('TIME')[1] * 1000 - ARGV[5])) end";

/// A command with its arguments.
#[derive(Debug, Clone)]
pub(super) struct Command {
    name: &'static str,
    arguments: Vec<Value>,
}

impl Command {
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, arguments: Vec::new() }
    }

    /// A script that is sent with its text: a server that was restarted or has taken over needs nothing else.
    pub(super) fn script(text: &'static str, key: &str) -> Self {
        Self::new("EVAL").with(text).with("1").key(key)
    }

    /// Appends one of our keys.
    pub(super) fn key(self, key: &str) -> Self {
        self.with(&prefixed(key))
    }

    pub(super) fn with(self, argument: &str) -> Self {
        self.bytes(argument.as_bytes())
    }

    pub(super) fn number(self, number: u64) -> Self {
        self.with(&number.to_string())
    }

    /// Appends a lifetime in milliseconds, of which Redis accepts fewer than 2⁶³.
    pub(super) fn milliseconds(self, lifetime: Duration) -> Self {
        let milliseconds = i64::try_from(lifetime.as_millis()).unwrap_or(i64::MAX);
        self.with(&milliseconds.to_string())
    }

    pub(super) fn bytes(mut self, argument: &[u8]) -> Self {
        self.arguments.push(Value::Bytes(Bytes::copy_from_slice(argument)));
        self
    }

    /// The command as the client takes it.
    pub(super) fn into_parts(self) -> (CustomCommand, Vec<Value>) {
        (CustomCommand::new_static(self.name, ClusterHash::FirstKey, false), self.arguments)
    }
}

pub(super) fn prefixed(key: &str) -> String {
    format!("{PREFIX}{key}")
}
