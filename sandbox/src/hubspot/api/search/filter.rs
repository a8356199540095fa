//! One filter of a search: a property, an operator and values.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde::Deserialize;

use crate::hubspot::{
    data::{
        catalog::{ObjectType, Property, PropertyType},
        rows::Row,
    },
    error::ApiError,
};

/// A filter as the request states it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FilterRequest {
    property_name: String,
    operator: Operator,
    value: Option<String>,
    values: Option<Vec<String>>,
    high_value: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Operator {
    Lt,
    Lte,
    Gt,
    Gte,
    Eq,
    Neq,
    Between,
    In,
    NotIn,
    HasProperty,
    NotHasProperty,
    ContainsToken,
    NotContainsToken,
}

/// A filter whose operator has the operands it needs.
pub(crate) struct Filter {
    property: &'static Property,
    operator: Operator,
    value: String,
    high: String,
    values: Vec<String>,
}

impl Filter {
    pub(crate) fn new(kind: ObjectType, request: FilterRequest) -> Result<Self, ApiError> {
        let name = request.property_name;
        let property = kind
            .property(&name)
            .ok_or_else(|| ApiError::validation(format!("There is no property {name:?} to filter by.")))?;
        let (needs_value, needs_high, needs_values) = match request.operator {
            Operator::HasProperty | Operator::NotHasProperty => (false, false, false),
            Operator::Between => (true, true, false),
            Operator::In | Operator::NotIn => (false, false, true),
            _ => (true, false, false),
        };
        let lacks = |field| ApiError::validation(format!("The filter on {name} needs a {field}."));
        if needs_value && request.value.is_none() {
            return Err(lacks("value"));
        }
        if needs_high && request.high_value.is_none() {
            return Err(lacks("highValue"));
        }
        if needs_values && request.values.as_ref().is_none_or(Vec::is_empty) {
            return Err(lacks("list of values"));
        }
        Ok(Self {
            property,
            operator: request.operator,
            value: request.value.unwrap_or_default(),
            high: request.high_value.unwrap_or_default(),
            values: request.values.unwrap_or_default(),
        })
    }

    /// A record without a value matches only `NOT_HAS_PROPERTY`. HubSpot documents this for none of the negated
    /// operators; its users report it for `NEQ`.
    pub(crate) fn matches(&self, row: &Row) -> bool {
        let Some(actual) = row.value(self.property.name) else {
            return self.operator == Operator::NotHasProperty;
        };
        let against = |value: &str| compare(self.property, actual, value);
        match self.operator {
            Operator::Lt => against(&self.value).is_lt(),
            Operator::Lte => against(&self.value).is_le(),
            Operator::Gt => against(&self.value).is_gt(),
            Operator::Gte => against(&self.value).is_ge(),
            Operator::Eq => against(&self.value).is_eq(),
            Operator::Neq => against(&self.value).is_ne(),
            Operator::Between => against(&self.value).is_ge() && against(&self.high).is_le(),
            Operator::In => self.values.iter().any(|value| against(value).is_eq()),
            Operator::NotIn => !self.values.iter().any(|value| against(value).is_eq()),
            Operator::HasProperty => true,
            Operator::NotHasProperty => false,
            Operator::ContainsToken => contains_token(actual, &self.value),
            Operator::NotContainsToken => !contains_token(actual, &self.value),
        }
    }
}

/// Compares numbers by value, times by moment in any notation, enumeration values exactly, and text ignoring case.
pub(crate) fn compare(property: &Property, a: &str, b: &str) -> Ordering {
    let by_case = || a.to_lowercase().cmp(&b.to_lowercase());
    match property.kind {
        PropertyType::Number => match (a.parse::<f64>(), b.parse::<f64>()) {
            (Ok(a), Ok(b)) => a.total_cmp(&b),
            _ => by_case(),
        },
        PropertyType::Datetime => match (milliseconds(a), milliseconds(b)) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => by_case(),
        },
        PropertyType::Enumeration => a.cmp(b),
        PropertyType::String => by_case(),
    }
}

/// Times are milliseconds since 1970, timestamps or dates.
fn milliseconds(text: &str) -> Option<i64> {
    let moment = || text.parse::<Timestamp>().ok();
    let day = || format!("{text}T00:00:00Z").parse::<Timestamp>().ok();
    text.parse().ok().or_else(|| moment().or_else(day).map(Timestamp::as_millisecond))
}

/// A token is a word of the value, or the whole value. `*` in the pattern matches anything.
fn contains_token(actual: &str, pattern: &str) -> bool {
    let (actual, pattern) = (actual.to_lowercase(), pattern.to_lowercase());
    let words = actual.split(|character: char| !character.is_alphanumeric());
    words.into_iter().chain([actual.as_str()]).any(|token| matches_pattern(token, &pattern))
}

fn matches_pattern(token: &str, pattern: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return token == pattern;
    };
    let Some(token) = token.strip_prefix(head) else {
        return false;
    };
    let starts = token.char_indices().map(|(at, _)| at).chain([token.len()]);
    starts.into_iter().any(|at| matches_pattern(&token[at..], rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_matches_anything_and_a_token_is_a_whole_word() {
        for (actual, pattern, matches) in [
            ("Anna.Berg@nova.example", "anna", true),
            ("Anna.Berg@nova.example", "ann", false),
            ("Anna.Berg@nova.example", "ANN*", true),
            ("Anna.Berg@nova.example", "*@nova.example", true),
            ("Anna.Berg@nova.example", "*@*.com", false),
            ("Łucja", "ł*a", true),
            ("", "*", true),
        ] {
            assert_eq!(contains_token(actual, pattern), matches, "{pattern} in {actual}");
        }
    }
}
