//! Query parameters of HubSpot's read endpoints.

use std::borrow::Cow;

use url::form_urlencoded;

use crate::hubspot::error::ApiError;

/// A query string in which lists are repeated or separated by commas.
pub(crate) struct Parameters<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Parameters<'a> {
    pub(crate) fn parse(query: &'a str) -> Self {
        Self(form_urlencoded::parse(query.as_bytes()).collect())
    }

    /// The first value of a parameter. An empty value counts as absent.
    pub(crate) fn first(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_ref())
            .filter(|value| !value.is_empty())
    }

    pub(crate) fn list(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, _)| known == name).flat_map(|(_, value)| value.split(',')).map(str::trim)
    }

    pub(crate) fn number(&self, name: &str) -> Result<Option<u64>, ApiError> {
        let invalid =
            |text: &str| ApiError::validation(format!("{text:?} is not a valid value for the parameter {name}."));
        self.first(name).map(|text| text.parse().map_err(|_| invalid(text))).transpose()
    }

    /// The requested number of results, at most `cap`. 400 for zero.
    pub(crate) fn limit(&self, default: u64, cap: u64) -> Result<u64, ApiError> {
        match self.number("limit")?.unwrap_or(default) {
            0 => Err(ApiError::validation("The limit must be greater than 0.")),
            limit => Ok(limit.min(cap)),
        }
    }

    /// The same query with this cursor.
    pub(crate) fn continued(&self, after: &str) -> String {
        let kept = self.0.iter().filter(|(name, _)| name != "after");
        form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).append_pair("after", after).finish()
    }
}
