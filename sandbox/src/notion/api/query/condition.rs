//! A condition on the value of a property, which is tested on the value's JSON.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    date_condition::DateCondition,
    operators::{NumberOperator, TextOperator},
};
use crate::notion::error::ApiError;

pub(crate) enum Condition {
    Empty(bool),
    /// Ignores case.
    Text(TextOperator, String),
    Number(NumberOperator, f64),
    Checkbox(bool),
    /// A select or status that has, or does not have, this name or id.
    Is(bool, String),
    /// A list that contains, or does not contain, a member with this name or id.
    Has(bool, String),
    Date(DateCondition),
    State(String),
    /// The value of a formula or rollup, which is under this key.
    Inner(&'static str, Box<Condition>),
    /// The values of a rollup's list: any, none or every one matches.
    Each(Quantity, &'static str, Box<Condition>),
}

#[derive(Clone, Copy)]
pub(crate) enum Quantity {
    Any,
    None,
    Every,
}

impl Condition {
    /// Reads a condition for a property of this type.
    pub(crate) fn read(kind: &str, condition: &Value) -> Result<Self, ApiError> {
        let fields = condition.as_object().filter(|fields| fields.len() == 1);
        let Some((operator, value)) = fields.and_then(|fields| fields.iter().next()) else {
            return Err(ApiError::field(&format!("filter.{kind}"), "an object with one condition", condition));
        };
        let invalid = || ApiError::field(&format!("filter.{kind}.{operator}"), "a condition of this type", value);
        let text = || value.as_str().map(str::to_lowercase).ok_or_else(invalid);
        let name = || value.as_str().map(str::to_owned).ok_or_else(invalid);
        let flag = || value.as_bool().ok_or_else(invalid);
        match operator.as_str() {
            "is_empty" | "is_not_empty" if kind != "checkbox" => {
                return if flag()? { Ok(Self::Empty(operator == "is_empty")) } else { Err(invalid()) };
            }
            _ => {}
        }
        Ok(match kind {
            "title" | "rich_text" | "url" | "email" | "phone_number" | "string" => {
                Self::Text(TextOperator::named(operator).ok_or_else(invalid)?, text()?)
            }
            "number" | "unique_id" => {
                Self::Number(NumberOperator::named(operator).ok_or_else(invalid)?, value.as_f64().ok_or_else(invalid)?)
            }
            "checkbox" => Self::Checkbox(is_positive(operator, "equals").ok_or_else(invalid)? == flag()?),
            "select" | "status" => Self::Is(is_positive(operator, "equals").ok_or_else(invalid)?, name()?),
            "multi_select" | "people" | "relation" | "created_by" | "last_edited_by" => {
                Self::Has(is_positive(operator, "contains").ok_or_else(invalid)?, name()?)
            }
            "date" | "created_time" | "last_edited_time" => Self::Date(DateCondition::read(condition)?),
            "verification" if operator == "status" => Self::State(name()?),
            "formula" => {
                let (key, kind) = formula(operator).ok_or_else(invalid)?;
                Self::Inner(key, Box::new(Self::read(kind, value)?))
            }
            "rollup" => rollup(operator, value)?.ok_or_else(invalid)?,
            _ => return Err(invalid()),
        })
    }

    pub(crate) fn matches(&self, actual: &Value, now: Timestamp) -> bool {
        match self {
            Self::Empty(wanted) => is_empty(actual) == *wanted,
            Self::Text(operator, wanted) => operator.matches(&plain(actual).to_lowercase(), wanted),
            Self::Number(operator, wanted) => {
                let number = actual.as_f64().or_else(|| actual["number"].as_f64());
                number.map_or(matches!(operator, NumberOperator::Unequal), |number| operator.matches(number, *wanted))
            }
            Self::Checkbox(wanted) => actual.as_bool() == Some(*wanted),
            Self::Is(wanted, name) => is_named(actual, name) == *wanted,
            Self::Has(wanted, name) => {
                let is_member = actual.as_array().is_some_and(|list| list.iter().any(|member| is_named(member, name)));
                (is_member || is_named(actual, name)) == *wanted
            }
            Self::Date(condition) => condition.matches(actual, now),
            Self::State(wanted) => actual["state"] == *wanted || actual["state"] == "unverified" && wanted == "none",
            Self::Inner(key, condition) => condition.matches(&actual[key], now),
            Self::Each(quantity, kind, condition) => {
                let mut matches =
                    actual["array"].as_array().into_iter().flatten().map(|item| condition.matches(&item[kind], now));
                match quantity {
                    Quantity::Any => matches.any(|matches| matches),
                    Quantity::None => !matches.any(|matches| matches),
                    Quantity::Every => matches.all(|matches| matches),
                }
            }
        }
    }
}

/// The plain text of a string or a rich text.
pub(crate) fn plain(actual: &Value) -> String {
    let runs = || actual.as_array().into_iter().flatten().filter_map(|run| run["plain_text"].as_str());
    actual.as_str().map_or_else(|| runs().collect(), str::to_owned)
}

fn is_empty(actual: &Value) -> bool {
    actual.is_null() || actual.as_array().is_some_and(Vec::is_empty) || actual.as_str().is_some_and(str::is_empty)
}

fn is_named(actual: &Value, name: &str) -> bool {
    actual["name"] == name
        || actual["id"] == name
        || actual["id"].as_str().is_some_and(|id| id.replace('-', "") == name)
}

/// Whether an operator is positive (`equals`) or negative (`does_not_equal`).
fn is_positive(operator: &str, verb: &str) -> Option<bool> {
    if operator == verb {
        return Some(true);
    }
    (operator.strip_prefix("does_not_") == Some(verb.trim_end_matches('s'))).then_some(false)
}

/// The key of a formula's value, and the type of its condition.
fn formula(operator: &str) -> Option<(&'static str, &'static str)> {
    Some(match operator {
        "string" => ("string", "string"),
        "checkbox" => ("boolean", "checkbox"),
        "number" => ("number", "number"),
        "date" => ("date", "date"),
        _ => return None,
    })
}

fn rollup(operator: &str, value: &Value) -> Result<Option<Condition>, ApiError> {
    let quantity = match operator {
        "number" => return Ok(Some(Condition::Inner("number", Box::new(Condition::read("number", value)?)))),
        "date" => return Ok(Some(Condition::Inner("date", Box::new(Condition::read("date", value)?)))),
        "any" => Quantity::Any,
        "none" => Quantity::None,
        "every" => Quantity::Every,
        _ => return Ok(None),
    };
    let kinds = ["rich_text", "number", "checkbox", "select", "multi_select", "relation", "date", "people", "status"];
    let Some(kind) = kinds.into_iter().find(|kind| value.get(kind).is_some()) else { return Ok(None) };
    Ok(Some(Condition::Each(quantity, kind, Box::new(Condition::read(kind, &value[kind])?))))
}
