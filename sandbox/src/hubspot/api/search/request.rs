//! The body of a search, checked against HubSpot's rules.

use serde::Deserialize;

use super::filter::{Filter, FilterRequest};
use crate::hubspot::{
    data::{
        catalog::{ObjectType, Property},
        rows::Row,
    },
    error::ApiError,
};

pub(crate) struct Search {
    /// A record matches if all filters of one group match.
    groups: Vec<Vec<Filter>>,
    query: String,
    pub order: Option<Order>,
    pub properties: Vec<String>,
    pub limit: u64,
    pub after: u64,
}

pub(crate) struct Order {
    pub property: &'static Property,
    pub descending: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    #[serde(default)]
    filter_groups: Vec<Group>,
    #[serde(default)]
    sorts: Vec<Sort>,
    query: Option<String>,
    #[serde(default)]
    properties: Vec<String>,
    limit: Option<u64>,
    after: Option<Offset>,
}

#[derive(Deserialize)]
struct Group {
    #[serde(default)]
    filters: Vec<FilterRequest>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Sort {
    Short(String),
    #[serde(rename_all = "camelCase")]
    Long {
        property_name: String,
        direction: Option<String>,
    },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Offset {
    Number(u64),
    Text(String),
}

impl Search {
    pub(crate) fn read(kind: ObjectType, body: &[u8]) -> Result<Self, ApiError> {
        if String::from_utf8_lossy(body).chars().count() > 3000 {
            return Err(ApiError::validation("The request body must not be longer than 3000 characters."));
        }
        let body: Body = serde_json::from_slice(body).map_err(|error| ApiError::bad_json(&error))?;
        check_counts(&body.filter_groups)?;
        let group = |group: Group| group.filters.into_iter().map(|wanted| Filter::new(kind, wanted)).collect();
        Ok(Self {
            groups: body.filter_groups.into_iter().map(group).collect::<Result<_, _>>()?,
            query: body.query.unwrap_or_default().trim().to_lowercase(),
            order: order(kind, body.sorts)?,
            properties: body.properties,
            limit: limit(body.limit)?,
            after: offset(body.after)?,
        })
    }

    /// Whether every record matches, in order of creation.
    pub(crate) fn is_unfiltered(&self) -> bool {
        let sorts_by_age =
            |order: &Order| matches!(order.property.name, "hs_object_id" | "createdate") && !order.descending;
        self.groups.iter().all(Vec::is_empty) && self.query.is_empty() && self.order.as_ref().is_none_or(sorts_by_age)
    }

    pub(crate) fn matches(&self, kind: ObjectType, row: &Row) -> bool {
        let passes_filters =
            self.groups.is_empty() || self.groups.iter().any(|group| group.iter().all(|filter| filter.matches(row)));
        passes_filters && self.query_matches(kind, row)
    }

    /// Every word of the query is the beginning of a word in some searchable property.
    fn query_matches(&self, kind: ObjectType, row: &Row) -> bool {
        let searchable = kind.properties().iter().filter(|property| property.searchable);
        let text: String =
            searchable.filter_map(|property| row.value(property.name)).flat_map(|value| [value, " "]).collect();
        let text = text.to_lowercase();
        let begins = |word: &str| {
            let starts = text.match_indices(word).map(|(at, _)| at);
            starts.into_iter().any(|at| !text[..at].chars().next_back().is_some_and(char::is_alphanumeric))
        };
        self.query.split_whitespace().all(begins)
    }
}

fn check_counts(groups: &[Group]) -> Result<(), ApiError> {
    let total: usize = groups.iter().map(|group| group.filters.len()).sum();
    if groups.len() > 5 {
        return Err(ApiError::validation(format!(
            "A search can have at most 5 filterGroups; this one has {}.",
            groups.len()
        )));
    }
    if groups.iter().any(|group| group.filters.len() > 6) {
        return Err(ApiError::validation("A filterGroup can have at most 6 filters."));
    }
    if total > 18 {
        return Err(ApiError::validation(format!("A search can have at most 18 filters; this one has {total}.")));
    }
    Ok(())
}

fn order(kind: ObjectType, sorts: Vec<Sort>) -> Result<Option<Order>, ApiError> {
    if sorts.len() > 1 {
        return Err(ApiError::validation("A search can have only one sort."));
    }
    let Some(sort) = sorts.into_iter().next() else {
        return Ok(None);
    };
    let (name, descending) = match sort {
        Sort::Short(name) => name.strip_prefix('-').map_or((name.clone(), false), |name| (name.to_owned(), true)),
        Sort::Long { property_name, direction } => (property_name, direction.as_deref() == Some("DESCENDING")),
    };
    let unknown = || ApiError::validation(format!("There is no property {name:?} to sort by."));
    Ok(Some(Order { property: kind.property(&name).ok_or_else(unknown)?, descending }))
}

fn limit(limit: Option<u64>) -> Result<u64, ApiError> {
    match limit.unwrap_or(10) {
        limit @ 1..=200 => Ok(limit),
        limit => Err(ApiError::validation(format!("The limit must be between 1 and 200, but it is {limit}."))),
    }
}

fn offset(after: Option<Offset>) -> Result<u64, ApiError> {
    match after {
        None => Ok(0),
        Some(Offset::Number(number)) => Ok(number),
        Some(Offset::Text(text)) if text.is_empty() => Ok(0),
        Some(Offset::Text(text)) => {
            text.parse().map_err(|_| ApiError::validation(format!("The offset {text:?} is not a whole number.")))
        }
    }
}
