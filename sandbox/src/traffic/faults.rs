//! Faults: failures on purpose. A rule says on which path, what happens, and how often.

use axum::http::Method;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One fault as the settings give it: `{"path": "/hubspot/oauth", "kind": "status", "status": 503, "when": {"times": 2}}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    /// The rule applies to paths that begin with this.
    pub path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    pub kind: Kind,
    /// For the kinds `status` (502 if absent) and `odd_record`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Seconds, sent as `Retry-After` with a `status`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
    /// How long the request waits before the fault. With the kind `slow`, nothing else happens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_ms: Option<u64>,
    /// For the kind `odd_record`: the fields that the record gets; their values may be of any type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Map<String, Value>>,
    #[serde(default)]
    pub when: When,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Returns an error without handling the request.
    Status,
    /// Handles the request, late.
    Slow,
    /// Handles the request, announces the full content length, and sends half of the body.
    Truncate,
    /// Closes the connection without handling the request.
    DropBefore,
    /// Handles the request and closes the connection without a response.
    DropAfter,
    /// Handles the request and sends a complete response whose body is not JSON.
    Malformed,
    /// Handles the request, and replaces fields of the first record of the list in the response, such as its id with null;
    /// fields of the response itself if it has no list of objects. A `status` replaces the response's.
    OddRecord,
    /// Handles the request and sends an empty JSON object.
    WrongShape,
}

impl Kind {
    pub(crate) fn drops_connection(self) -> bool {
        matches!(self, Self::DropBefore | Self::DropAfter)
    }
}

/// Which of the requests to its path a rule applies to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum When {
    #[default]
    Always,
    /// The first n requests.
    Times(u64),
    /// Every n-th request.
    Every(u64),
    /// Requests in the first n milliseconds after the rule was set.
    ForMs(u64),
}

/// The rules in force, and how many requests each has matched.
#[derive(Default)]
pub(crate) struct Faults(Vec<Active>);

struct Active {
    rule: Rule,
    since: Timestamp,
    requests: u64,
}

impl Faults {
    /// Replaces the rules and starts their counts at zero.
    pub(crate) fn replace(&mut self, rules: &[Rule], now: Timestamp) {
        self.0 = rules.iter().map(|rule| Active { rule: rule.clone(), since: now, requests: 0 }).collect();
    }

    /// Counts the request and returns the first rule that applies to it.
    pub(crate) fn matching(&mut self, method: &Method, path: &str, now: Timestamp) -> Option<Rule> {
        let matching = self.0.iter_mut().filter(|active| active.matches(method, path));
        matching.into_iter().find_map(|active| active.is_due(now).then(|| active.rule.clone()))
    }
}

impl Active {
    fn matches(&self, method: &Method, path: &str) -> bool {
        let method_fits = self.rule.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method.as_str()));
        method_fits && path.starts_with(&self.rule.path)
    }

    fn is_due(&mut self, now: Timestamp) -> bool {
        self.requests += 1;
        match self.rule.when {
            When::Always => true,
            When::Times(times) => self.requests <= times,
            When::Every(every) => self.requests.is_multiple_of(every),
            When::ForMs(for_ms) => {
                let for_ms = i64::try_from(for_ms).unwrap_or(i64::MAX);
                now.duration_since(self.since) < SignedDuration::from_millis(for_ms)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(when: &str, seconds: &[i64]) -> Vec<bool> {
        let rule = format!(r#"{{"path": "/a", "kind": "status", "when": {when}}}"#);
        let mut faults = Faults::default();
        faults.replace(&[serde_json::from_str(&rule).unwrap()], Timestamp::UNIX_EPOCH);
        let at = |second: &i64| Timestamp::from_second(*second).unwrap();
        seconds.iter().map(|second| faults.matching(&Method::GET, "/a/b", at(second)).is_some()).collect()
    }

    #[test]
    fn a_rule_applies_as_often_as_it_says() {
        assert_eq!(applied(r#""always""#, &[0, 1, 2]), [true, true, true]);
        assert_eq!(applied(r#"{"times": 2}"#, &[0, 1, 2]), [true, true, false]);
        assert_eq!(applied(r#"{"every": 2}"#, &[0, 1, 2, 3]), [false, true, false, true]);
        assert_eq!(applied(r#"{"for_ms": 2000}"#, &[0, 1, 2]), [true, true, false]);
    }

    #[test]
    fn a_rule_does_not_apply_to_other_paths_and_methods() {
        let rule = r#"{"path": "/a", "method": "post", "kind": "slow", "slow_ms": 5}"#;
        let mut faults = Faults::default();
        faults.replace(&[serde_json::from_str(rule).unwrap()], Timestamp::UNIX_EPOCH);
        assert!(faults.matching(&Method::POST, "/b", Timestamp::UNIX_EPOCH).is_none());
        assert!(faults.matching(&Method::GET, "/a", Timestamp::UNIX_EPOCH).is_none());
        assert!(faults.matching(&Method::POST, "/a", Timestamp::UNIX_EPOCH).is_some());
    }
}
