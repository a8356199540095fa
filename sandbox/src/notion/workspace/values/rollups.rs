//! Rollups: values of the rows at the other end of a relation, counted, summed or listed.

use serde_json::{Value, json};

use super::value;
use crate::notion::workspace::{
    Row, Workspace, links,
    schema::{Kind, Property, SOURCES},
};

pub(crate) fn rollup(workspace: &Workspace, row: Row, rollup: &Property) -> Value {
    let Kind::Rollup { relation, property, function } = rollup.kind else { return Value::Null };
    let Some((relation, property)) = ends(row.source, relation, property) else { return Value::Null };
    let rows = || links::related(workspace, row, relation);
    let values = || rows().map(|row| value(workspace, row, property));
    match function {
        "count" => json!({"type": "number", "number": rows().count(), "function": function}),
        "sum" => {
            let sum = values().filter_map(|value| value.as_f64()).fold(0.0, |sum, number| sum + number);
            json!({"type": "number", "number": sum, "function": function})
        }
        "latest_date" => {
            let latest = values().filter(|value| !value.is_null()).max_by(|a, b| start(a).cmp(start(b)));
            json!({"type": "date", "date": latest, "function": function})
        }
        _ => {
            let kind = property.kind.name();
            let list: Vec<_> =
                values().take(super::SHOWN_RELATIONS).map(|value| json!({"type": kind, kind: value})).collect();
            json!({"type": "array", "array": list, "function": function})
        }
    }
}

/// The relation that a rollup follows, and the property at its other end.
pub(crate) fn ends(source: u8, relation: &str, property: &str) -> Option<(&'static Property, &'static Property)> {
    let relation = SOURCES[usize::from(source)].property(relation)?;
    let Kind::Relation { source: other, .. } = relation.kind else { return None };
    Some((relation, SOURCES[usize::from(other)].property(property)?))
}

fn start(date: &Value) -> &str {
    date["start"].as_str().unwrap_or_default()
}
