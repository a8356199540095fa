//! The settings of a sandbox, and how a partial change is merged into them.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{context::Context, records::Records, stand_in::Running, traffic::faults::Rule};

/// The settings that do not belong to one stand-in.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub records: Records,
    /// Added to the response time of every request.
    pub latency_ms: u64,
    /// Whether rate limits are enforced.
    pub limits: bool,
    /// The first rule that applies to a request wins.
    pub faults: Vec<Rule>,
    /// The record counts before the last change and the time of that change: a search index that lags still has them.
    #[serde(skip)]
    pub previous_records: Option<(Records, Timestamp)>,
}

impl Settings {
    pub(crate) fn new(records: Records, latency: Duration, limits: bool) -> Self {
        let latency_ms = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
        Self { records, latency_ms, limits, faults: Vec::new(), previous_records: None }
    }
}

/// All settings as `/__sandbox/config` shows them: the general ones, and each stand-in's switches under its slug.
pub(crate) fn to_json(settings: &Settings, stand_ins: &[Running]) -> Value {
    let mut all = serde_json::to_value(settings).unwrap_or_default();
    for running in stand_ins {
        all[running.stand_in.slug] = running.switches.to_json();
    }
    all
}

/// Merges `patch` into the settings. If one field is wrong, nothing changes and the error is a sentence that names it.
pub(crate) fn merge(context: &Context, stand_ins: &[Running], patch: &Value) -> Result<Value, String> {
    if !patch.is_object() {
        return Err("The settings are a JSON object.".to_owned());
    }
    // The lock is held to the end, so that concurrent changes apply one after the other.
    let mut settings = context.settings_mut();
    let mut all = to_json(&settings, stand_ins);
    let mut changes = Vec::new();
    collect(&all, patch, "", &mut changes)?;
    // One field at a time, because only then is it known which field an error is about.
    for (pointer, value) in changes {
        if let Some(current) = all.pointer_mut(&pointer) {
            *current = value.clone();
        }
        check(&all, stand_ins, &pointer).map_err(|error| format!("{}: {error}.", dotted(&pointer)))?;
    }
    let mut changed = general(&all, stand_ins).map_err(|error| error.to_string())?;
    for running in stand_ins {
        running.switches.set(&all[running.stand_in.slug]).map_err(|error| error.to_string())?;
    }
    let now = context.clock.now();
    changed.previous_records = if changed.records == settings.records {
        settings.previous_records.take()
    } else {
        Some((settings.records.clone(), now))
    };
    *settings = changed;
    if patch.get("faults").is_some() {
        context.faults().replace(&settings.faults, now);
    }
    Ok(to_json(&settings, stand_ins))
}

/// Checks the part of the settings that `pointer` points into.
fn check(all: &Value, stand_ins: &[Running], pointer: &str) -> serde_json::Result<()> {
    let part = pointer.split('/').nth(1).unwrap_or_default();
    match stand_ins.iter().find(|running| running.stand_in.slug == part) {
        Some(running) => running.switches.check(&all[part]),
        None => general(all, stand_ins).map(drop),
    }
}

fn general(all: &Value, stand_ins: &[Running]) -> serde_json::Result<Settings> {
    let mut general = all.clone();
    if let Some(fields) = general.as_object_mut() {
        fields.retain(|name, _| !stand_ins.iter().any(|running| running.stand_in.slug == name));
    }
    serde_json::from_value(general)
}

/// Lists the leaves of `patch` as JSON pointers into `all`.
fn collect<'a>(
    all: &Value,
    patch: &'a Value,
    pointer: &str,
    changes: &mut Vec<(String, &'a Value)>,
) -> Result<(), String> {
    let (Value::Object(known), Value::Object(fields)) = (all, patch) else {
        changes.push((pointer.to_owned(), patch));
        return Ok(());
    };
    for (name, value) in fields {
        let field = format!("{pointer}/{name}");
        let Some(current) = known.get(name) else {
            let names: Vec<_> = known.keys().map(String::as_str).collect();
            let hint =
                if pointer.is_empty() { format!(" The settings are: {}.", names.join(", ")) } else { String::new() };
            return Err(format!("There is no setting {:?}.{hint}", dotted(&field)));
        };
        collect(current, value, &field, changes)?;
    }
    Ok(())
}

fn dotted(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::{context::clock::Clock, stand_in};

    fn patched(patch: Value) -> Result<Value, String> {
        let settings = Settings::new(Records::default(), Duration::ZERO, true);
        let context = Arc::new(Context::new(String::new(), 1, settings, Clock::system()));
        let stand_ins: Vec<_> = stand_in::ALL.iter().map(|stand_in| (stand_in.start)(context.clone())).collect();
        merge(&context, &stand_ins, &patch)
    }

    #[test]
    fn a_partial_change_leaves_the_other_settings_alone() {
        let settings = patched(json!({"records": {"deals": 7}, "latency_ms": 20})).unwrap();
        let expected = Records::default().to_string().replace("deals=300", "deals=7").parse::<Records>();
        assert_eq!(settings["records"], json!(expected.unwrap()));
        assert_eq!(settings["latency_ms"], 20);
        assert_eq!(settings["limits"], true);
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

    #[test]
    fn an_unknown_provider_is_reported_with_the_known_settings() {
        let error = patched(json!({"nobody": {"rotate": true}})).err().unwrap();
        assert!(error.starts_with("There is no setting \"nobody\". The settings are: "), "{error}");
        assert!(error.contains("airtable") && error.contains("hubspot") && error.contains("notion"), "{error}");
    }
}
