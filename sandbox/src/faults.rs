//! Things that go wrong on purpose. A rule names a path, what happens there, and how often.

use axum::http::Method;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// One fault as the settings give it: `{"path": "/hubspot/oauth", "kind": "status", "status": 503, "when": {"times": 2}}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    /// The rule applies to paths that begin with this.
    pub path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    pub kind: Kind,
    /// For the kind `status`; 502 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Sent as `Retry-After` with a `status`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
    /// How long the request waits before the fault; with the kind `slow` that is all that happens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_ms: Option<u64>,
    #[serde(default)]
    pub when: When,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Answers with an error; the work is not done.
    Status,
    /// Answers late, and correctly.
    Slow,
    /// Does the work and cuts the body in half under the full content-length.
    Truncate,
    /// Closes the connection without an answer; the work is not done.
    DropBefore,
    /// Does the work and closes the connection without an answer.
    DropAfter,
    /// Does the work and answers with a complete body that is not JSON.
    Malformed,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum When {
    #[default]
    Always,
    /// The first n requests.
    Times(u64),
    /// Each n-th request.
    Every(u64),
    /// For so many milliseconds after the rule was set.
    ForMs(u64),
}

/// The rules in force and how often each has been met.
#[derive(Default)]
pub(crate) struct Faults(Vec<Armed>);

struct Armed {
    rule: Rule,
    since: Timestamp,
    met: u64,
}

impl Faults {
    /// Replaces the rules; their counts start anew.
    pub(crate) fn arm(&mut self, rules: &[Rule], now: Timestamp) {
        self.0 = rules.iter().map(|rule| Armed { rule: rule.clone(), since: now, met: 0 }).collect();
    }

    /// The fault that meets this request, if one does.
    pub(crate) fn strike(&mut self, method: &Method, path: &str, now: Timestamp) -> Option<Rule> {
        let concerned = self.0.iter_mut().filter(|armed| armed.concerns(method, path));
        concerned.into_iter().find_map(|armed| armed.strikes(now).then(|| armed.rule.clone()))
    }
}

impl Armed {
    fn concerns(&self, method: &Method, path: &str) -> bool {
        let method_fits = self.rule.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method.as_str()));
        method_fits && path.starts_with(&self.rule.path)
    }

    fn strikes(&mut self, now: Timestamp) -> bool {
        self.met += 1;
        match self.rule.when {
            When::Always => true,
            When::Times(times) => self.met <= times,
            When::Every(every) => self.met.is_multiple_of(every),
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

    fn struck(when: &str, seconds: &[i64]) -> Vec<bool> {
        let rule = format!(r#"{{"path": "/a", "kind": "status", "when": {when}}}"#);
        let mut faults = Faults::default();
        faults.arm(&[serde_json::from_str(&rule).unwrap()], Timestamp::UNIX_EPOCH);
        let at = |second: &i64| Timestamp::from_second(*second).unwrap();
        seconds.iter().map(|second| faults.strike(&Method::GET, "/a/b", at(second)).is_some()).collect()
    }

    #[test]
    fn a_rule_strikes_as_often_as_it_says() {
        assert_eq!(struck(r#""always""#, &[0, 1, 2]), [true, true, true]);
        assert_eq!(struck(r#"{"times": 2}"#, &[0, 1, 2]), [true, true, false]);
        assert_eq!(struck(r#"{"every": 2}"#, &[0, 1, 2, 3]), [false, true, false, true]);
        assert_eq!(struck(r#"{"for_ms": 2000}"#, &[0, 1, 2]), [true, true, false]);
    }

    #[test]
    fn a_rule_leaves_other_paths_and_methods_alone() {
        let rule = r#"{"path": "/a", "method": "post", "kind": "slow", "slow_ms": 5}"#;
        let mut faults = Faults::default();
        faults.arm(&[serde_json::from_str(rule).unwrap()], Timestamp::UNIX_EPOCH);
        assert!(faults.strike(&Method::POST, "/b", Timestamp::UNIX_EPOCH).is_none());
        assert!(faults.strike(&Method::GET, "/a", Timestamp::UNIX_EPOCH).is_none());
        assert!(faults.strike(&Method::POST, "/a", Timestamp::UNIX_EPOCH).is_some());
    }
}
