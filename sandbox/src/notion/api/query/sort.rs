//! The order of results, by properties and timestamps. The first sort has precedence.

use std::cmp::Ordering;

use serde_json::Value;

use super::{condition::plain, filter};
use crate::notion::{
    api::body,
    error::ApiError,
    ids::Object,
    workspace::{
        Row, Workspace,
        schema::{Kind, Property},
        times, values,
    },
};

pub(crate) struct Sorts(Vec<(By, bool)>);

enum By {
    Property(&'static Property),
    Created,
    Edited,
}

enum Key {
    Nothing,
    Number(f64),
    Text(String),
}

impl Sorts {
    pub(crate) fn read(source: u8, sorts: Option<&Value>) -> Result<Self, ApiError> {
        let Some(sorts) = sorts else { return Ok(Self(Vec::new())) };
        let Some(sorts) = sorts.as_array() else { return Err(ApiError::field("sorts", "an array", sorts)) };
        let sort = |sort: &Value| {
            let direction = body::one_of("sorts.direction", &sort["direction"], &["ascending", "descending"])?;
            let by = match sort["property"].as_str() {
                Some(name) => By::Property(filter::find(source, name)?),
                None => {
                    match body::one_of("sorts.timestamp", &sort["timestamp"], &["created_time", "last_edited_time"])? {
                        "created_time" => By::Created,
                        _ => By::Edited,
                    }
                }
            };
            Ok((by, direction == "descending"))
        };
        sorts.iter().map(sort).collect::<Result<_, _>>().map(Self)
    }

    /// Whether the results are in order of creation, which is the order of the rows, so that nothing has to be sorted.
    pub(crate) fn is_creation_order(&self) -> bool {
        matches!(self.0.as_slice(), [] | [(By::Created, false)])
    }

    /// The sort is stable, so rows with equal keys stay in order of creation.
    pub(crate) fn sorted(&self, workspace: &Workspace, rows: impl Iterator<Item = Row>) -> Vec<Row> {
        let keys = |row| self.0.iter().map(|(by, _)| by.key(workspace, row)).collect::<Vec<_>>();
        let mut keyed: Vec<_> = rows.map(|row| (keys(row), row)).collect();
        keyed.sort_by(|(a, _), (b, _)| {
            let pairs = a.iter().zip(b).zip(&self.0);
            pairs
                .fold(Ordering::Equal, |order, ((a, b), (_, descending))| order.then_with(|| a.compare(b, *descending)))
        });
        keyed.into_iter().map(|(_, row)| row).collect()
    }
}

impl By {
    fn key(&self, workspace: &Workspace, row: Row) -> Key {
        let object = Object::Row(row);
        match self {
            Self::Created => Key::Number(times::created(workspace, object).as_second() as f64),
            Self::Edited => Key::Number(times::edited(workspace, object).as_second() as f64),
            Self::Property(property) => key(property.kind, &values::value(workspace, row, property)),
        }
    }
}

impl Key {
    /// Rows without a value come last in either direction.
    fn compare(&self, other: &Self, descending: bool) -> Ordering {
        let order = match (self, other) {
            (Self::Nothing, Self::Nothing) => return Ordering::Equal,
            (Self::Nothing, _) => return Ordering::Greater,
            (_, Self::Nothing) => return Ordering::Less,
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Number(_), Self::Text(_)) => Ordering::Less,
            (Self::Text(_), Self::Number(_)) => Ordering::Greater,
        };
        if descending { order.reverse() } else { order }
    }
}

/// Options sort in the order of the schema, and everything else by value.
fn key(kind: Kind, value: &Value) -> Key {
    let position = |found: Option<usize>| found.map_or(Key::Nothing, |position| Key::Number(position as f64));
    let text = |text: String| if text.is_empty() { Key::Nothing } else { Key::Text(text.to_lowercase()) };
    match kind {
        Kind::Select(choices) => position(choices.iter().position(|choice| value["id"] == choice.id)),
        Kind::Status(choices) => position(choices.iter().position(|(choice, _)| value["id"] == choice.id)),
        Kind::Formula { .. } | Kind::Rollup { .. } => {
            key(Kind::RichText, &value[value["type"].as_str().unwrap_or_default()])
        }
        _ => match value {
            Value::Bool(flag) => Key::Number(f64::from(u8::from(*flag))),
            Value::Number(number) => number.as_f64().map_or(Key::Nothing, Key::Number),
            Value::Object(fields) => match (fields.get("start"), fields.get("number"), fields.get("name")) {
                (Some(Value::String(start)), _, _) => text(start.clone()),
                (_, Some(Value::Number(number)), _) => number.as_f64().map_or(Key::Nothing, Key::Number),
                (_, _, Some(Value::String(name))) => text(name.clone()),
                _ => Key::Nothing,
            },
            Value::Array(list) => match list.first().and_then(|first| first["name"].as_str()) {
                Some(name) => text(name.to_owned()),
                None => text(plain(value)),
            },
            other => text(plain(other)),
        },
    }
}
