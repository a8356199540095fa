//! The settings of a sandbox, and how a partial change is merged into them.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{airtable, faults::Rule, hubspot, notion, records::Records};

/// All that `/__sandbox/config` shows and changes.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub records: Records,
    /// How long every answer is held back, in milliseconds.
    pub latency_ms: u64,
    /// Whether rate limits are enforced.
    pub limits: bool,
    /// What goes wrong on purpose; the first rule that applies to a request wins.
    pub faults: Vec<Rule>,
    pub hubspot: hubspot::Switches,
    pub notion: notion::Switches,
    pub airtable: airtable::Switches,
    /// The counts before the last change, which a lagging search still sees.
    #[serde(skip)]
    pub earlier: Option<(Records, Timestamp)>,
}

impl Settings {
    pub(crate) fn new(records: Records, latency: Duration, limits: bool) -> Self {
        let latency_ms = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
        Self {
            records,
            latency_ms,
            limits,
            faults: Vec::new(),
            hubspot: hubspot::Switches::default(),
            notion: notion::Switches::default(),
            airtable: airtable::Switches::default(),
            earlier: None,
        }
    }

    /// These settings with `patch` merged in, or a sentence that names the field that does not fit.
    pub(crate) fn patched(&self, patch: &Value, now: Timestamp) -> Result<Self, String> {
        let mut whole = serde_json::to_value(self).map_err(|error| error.to_string())?;
        if !patch.is_object() {
            return Err("The settings are a JSON object.".to_owned());
        }
        let mut changes = Vec::new();
        collect(&whole, patch, "", &mut changes)?;
        let mut patched = self.clone();
        // One change at a time, because only then is it known which field an error is about.
        for (pointer, value) in changes {
            let Some(place) = whole.pointer_mut(&pointer) else {
                continue;
            };
            *place = value.clone();
            patched =
                serde_json::from_value(whole.clone()).map_err(|error| format!("{}: {error}.", dotted(&pointer)))?;
        }
        patched.earlier = if patched.records == self.records { self.earlier } else { Some((self.records, now)) };
        Ok(patched)
    }
}

/// Lists the leaves of `patch` as JSON pointers into `whole`.
fn collect<'a>(
    whole: &Value,
    patch: &'a Value,
    pointer: &str,
    changes: &mut Vec<(String, &'a Value)>,
) -> Result<(), String> {
    let (Value::Object(known), Value::Object(fields)) = (whole, patch) else {
        changes.push((pointer.to_owned(), patch));
        return Ok(());
    };
    for (name, value) in fields {
        let pointer = format!("{pointer}/{name}");
        let Some(current) = known.get(name) else {
            return Err(format!("There is no setting {:?}.", dotted(&pointer)));
        };
        collect(current, value, &pointer, changes)?;
    }
    Ok(())
}

fn dotted(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn patched(patch: Value) -> Result<Settings, String> {
        Settings::new(Records::default(), Duration::ZERO, true).patched(&patch, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_partial_change_leaves_the_rest_alone() {
        let settings = patched(json!({"records": {"deals": 7}, "latency_ms": 20})).unwrap();
        assert_eq!(settings.records, Records { deals: 7, ..Records::default() });
        assert_eq!(settings.latency_ms, 20);
        assert!(settings.limits);
    }

    #[test]
    fn an_unknown_field_is_named() {
        let error = patched(json!({"hubspot": {"rotate": true}})).err().unwrap();
        assert_eq!(error, "There is no setting \"hubspot.rotate\".");
    }

    #[test]
    fn a_value_of_the_wrong_type_is_named() {
        let error = patched(json!({"limits": true, "hubspot": {"rotate_refresh": "sometimes"}})).err().unwrap();
        assert!(error.starts_with("hubspot.rotate_refresh: "), "{error}");
    }
}
