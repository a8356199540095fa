//! One condition on the value of a property, as it stands in the JSON of a page.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    date_condition::DateCondition,
    operators::{Comparison, Likeness},
};
use crate::notion::error::ApiError;

pub(crate) enum Condition {
    Empty(bool),
    /// Letters compare without regard to case.
    Text(Likeness, String),
    Number(Comparison, f64),
    Checkbox(bool),
    /// A select or a status with, or not with, this name or id.
    Is(bool, String),
    /// A list that has, or does not have, a member with this name or id.
    Has(bool, String),
    Date(DateCondition),
    State(String),
    /// What a formula or a rollup comes to, under this key.
    Inner(&'static str, Box<Condition>),
    /// What is rolled up: any, none or every value of this type.
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
        let wrong = || ApiError::field(&format!("filter.{kind}.{operator}"), "a condition of this type", value);
        let text = || value.as_str().map(str::to_lowercase).ok_or_else(wrong);
        let name = || value.as_str().map(str::to_owned).ok_or_else(wrong);
        let flag = || value.as_bool().ok_or_else(wrong);
        match operator.as_str() {
            "is_empty" | "is_not_empty" if kind != "checkbox" => {
                return if flag()? { Ok(Self::Empty(operator == "is_empty")) } else { Err(wrong()) };
            }
            _ => {}
        }
        Ok(match kind {
            "title" | "rich_text" | "url" | "email" | "phone_number" | "string" => {
                Self::Text(Likeness::named(operator).ok_or_else(wrong)?, text()?)
            }
            "number" | "unique_id" => {
                Self::Number(Comparison::named(operator).ok_or_else(wrong)?, value.as_f64().ok_or_else(wrong)?)
            }
            "checkbox" => Self::Checkbox(is_positive(operator, "equals").ok_or_else(wrong)? == flag()?),
            "select" | "status" => Self::Is(is_positive(operator, "equals").ok_or_else(wrong)?, name()?),
            "multi_select" | "people" | "relation" | "created_by" | "last_edited_by" => {
                Self::Has(is_positive(operator, "contains").ok_or_else(wrong)?, name()?)
            }
            "date" | "created_time" | "last_edited_time" => Self::Date(DateCondition::read(condition)?),
            "verification" if operator == "status" => Self::State(name()?),
            "formula" => {
                let (key, kind) = formula(operator).ok_or_else(wrong)?;
                Self::Inner(key, Box::new(Self::read(kind, value)?))
            }
            "rollup" => rollup(operator, value)?.ok_or_else(wrong)?,
            _ => return Err(wrong()),
        })
    }

    pub(crate) fn matches(&self, held: &Value, now: Timestamp) -> bool {
        match self {
            Self::Empty(wanted) => is_empty(held) == *wanted,
            Self::Text(likeness, wanted) => likeness.holds(&plain(held).to_lowercase(), wanted),
            Self::Number(comparison, wanted) => {
                let number = held.as_f64().or_else(|| held["number"].as_f64());
                number.map_or(matches!(comparison, Comparison::Unequal), |number| comparison.holds(number, *wanted))
            }
            Self::Checkbox(wanted) => held.as_bool() == Some(*wanted),
            Self::Is(wanted, name) => is_named(held, name) == *wanted,
            Self::Has(wanted, name) => {
                let is_member = held.as_array().is_some_and(|list| list.iter().any(|member| is_named(member, name)));
                (is_member || is_named(held, name)) == *wanted
            }
            Self::Date(test) => test.matches(held, now),
            Self::State(wanted) => held["state"] == *wanted || held["state"] == "unverified" && wanted == "none",
            Self::Inner(key, test) => test.matches(&held[key], now),
            Self::Each(quantity, kind, test) => {
                let mut matches =
                    held["array"].as_array().into_iter().flatten().map(|item| test.matches(&item[kind], now));
                match quantity {
                    Quantity::Any => matches.any(|fits| fits),
                    Quantity::None => !matches.any(|fits| fits),
                    Quantity::Every => matches.all(|fits| fits),
                }
            }
        }
    }
}

/// The words of a text, whether it is rich or not.
pub(crate) fn plain(held: &Value) -> String {
    let runs = || held.as_array().into_iter().flatten().filter_map(|run| run["plain_text"].as_str());
    held.as_str().map_or_else(|| runs().collect(), str::to_owned)
}

fn is_empty(held: &Value) -> bool {
    held.is_null() || held.as_array().is_some_and(Vec::is_empty) || held.as_str().is_some_and(str::is_empty)
}

fn is_named(held: &Value, name: &str) -> bool {
    held["name"] == name || held["id"] == name || held["id"].as_str().is_some_and(|id| id.replace('-', "") == name)
}

/// Whether an operator says that something holds (`equals`) or that it does not (`does_not_equal`).
fn is_positive(operator: &str, verb: &str) -> Option<bool> {
    if operator == verb {
        return Some(true);
    }
    (operator.strip_prefix("does_not_") == Some(verb.trim_end_matches('s'))).then_some(false)
}

/// Under which key a formula's value stands, and of which type it is.
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
