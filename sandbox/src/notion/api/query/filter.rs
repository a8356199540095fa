//! Filters: conditions on properties and timestamps, joined by `and` and `or` on at most two levels.

use serde_json::{Map, Value};

use super::{condition::Condition, date_condition::DateCondition};
use crate::notion::{
    api::body,
    error::ApiError,
    ids::Object,
    workspace::{
        Row, Workspace,
        schema::{Property, SOURCES},
        times, values,
    },
};

pub(crate) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Property(&'static Property, Condition),
    Created(DateCondition),
    Edited(DateCondition),
}

/// How deep `and` and `or` can be nested.
const MAX_DEPTH: u32 = 2;

impl Filter {
    pub(crate) fn everything() -> Self {
        Self::All(Vec::new())
    }

    pub(crate) fn read(source: u8, filter: &Value) -> Result<Self, ApiError> {
        read_level(source, filter, MAX_DEPTH)
    }

    pub(crate) fn matches(&self, workspace: &Workspace, row: Row) -> bool {
        match self {
            Self::All(filters) => filters.iter().all(|filter| filter.matches(workspace, row)),
            Self::Any(filters) => filters.iter().any(|filter| filter.matches(workspace, row)),
            Self::Property(property, condition) => {
                condition.matches(&values::value(workspace, row, property), workspace.now)
            }
            Self::Created(condition) => {
                condition.matches_time(times::created(workspace, Object::Row(row)), workspace.now)
            }
            Self::Edited(condition) => {
                condition.matches_time(times::edited(workspace, Object::Row(row)), workspace.now)
            }
        }
    }
}

fn read_level(source: u8, filter: &Value, levels: u32) -> Result<Filter, ApiError> {
    let Some(fields) = filter.as_object() else { return Err(ApiError::field("filter", "an object", filter)) };
    for (word, join) in [("and", Filter::All as fn(Vec<Filter>) -> Filter), ("or", Filter::Any)] {
        let Some(members) = fields.get(word) else { continue };
        let Some(members) = members.as_array() else { return Err(ApiError::field(word, "an array", members)) };
        let Some(levels) = levels.checked_sub(1) else {
            return Err(ApiError::field("filter", "nested at most two levels deep", filter));
        };
        return members.iter().map(|member| read_level(source, member, levels)).collect::<Result<_, _>>().map(join);
    }
    if let Some(timestamp) = fields.get("timestamp") {
        return time(timestamp, fields);
    }
    let Some(name) = fields.get("property").and_then(Value::as_str) else {
        return Err(ApiError::field("filter", "an `and`, an `or`, or have a property or a timestamp", filter));
    };
    let property = find(source, name)?;
    let kind = property.kind.name();
    let Some(definition) = fields.get(kind) else {
        let given = fields.keys().find(|key| !matches!(key.as_str(), "property" | "type"));
        let given = given.map_or("nothing", String::as_str);
        return Err(ApiError::validation(format!("database property {kind} does not match filter {given}")));
    };
    Ok(Filter::Property(property, Condition::read(kind, definition)?))
}

/// The property with this id or name in a data source.
pub(crate) fn find(source: u8, name: &str) -> Result<&'static Property, ApiError> {
    let missing = || ApiError::validation(format!("Could not find property with name or id: {name}"));
    SOURCES[usize::from(source)].property(name).ok_or_else(missing)
}

fn time(timestamp: &Value, fields: &Map<String, Value>) -> Result<Filter, ApiError> {
    let word = body::one_of("filter.timestamp", timestamp, &["created_time", "last_edited_time"])?;
    let condition = DateCondition::read(fields.get(word).unwrap_or(&Value::Null))?;
    Ok(if word == "created_time" { Filter::Created(condition) } else { Filter::Edited(condition) })
}
