//! The parameters of a list.

use super::record_format::RecordFormat;
use crate::airtable::{
    error::ApiError,
    form::Fields,
    formula::{self, Expression},
    workspace::{
        catalog::{Table, View},
        ids,
    },
};

pub(crate) struct Query<'a> {
    pub page_size: usize,
    /// The largest number of records over all pages.
    pub max_records: u64,
    pub offset: Option<String>,
    pub view: Option<&'a View>,
    pub filter: Option<Expression>,
    /// Fields and whether each is descending; the view's sort if the request has none.
    pub sort: Vec<(usize, bool)>,
    pub format: RecordFormat,
    /// Identifies the query that an offset is bound to: all parameters except the offset and the page size.
    pub fingerprint: u64,
}

const MAX_PAGE_SIZE: usize = 100;

impl<'a> Query<'a> {
    pub(super) fn read(table: &'a Table, fields: &Fields<'_>) -> Result<Self, ApiError> {
        let view = fields.get("view").map(|name| table.view(name).ok_or_else(|| ApiError::unknown_view(name)));
        let view = view.transpose()?;
        let filter = fields.get("filterByFormula").map(|text| formula::parse(text, |name| table.field(name)));
        let filter = filter.transpose().map_err(|mistake| ApiError::invalid_formula(&mistake.reason()))?;
        let mut sort = sort(table, fields)?;
        if sort.is_empty() {
            sort.extend(view.and_then(|view| view.sort));
        }
        let max_records = match fields.get("maxRecords").map(str::parse) {
            None => u64::MAX,
            Some(Ok(most)) if most > 0 => most,
            Some(_) => return Err(ApiError::invalid_request()),
        };
        Ok(Self {
            page_size: page_size(fields)?,
            max_records,
            offset: fields.get("offset").map(str::to_owned),
            view,
            filter,
            sort,
            format: RecordFormat::read(table, fields)?,
            fingerprint: fingerprint(table, fields),
        })
    }
}

/// `pageSize`: 100 by default and at most.
pub(crate) fn page_size(fields: &Fields<'_>) -> Result<usize, ApiError> {
    match fields.get("pageSize").map(str::parse) {
        None => Ok(MAX_PAGE_SIZE),
        Some(Ok(size)) if (1..=MAX_PAGE_SIZE).contains(&size) => Ok(size),
        Some(_) => Err(ApiError::invalid_request()),
    }
}

/// `sort[0][field]` and `sort[0][direction]`, numbered from 0.
fn sort(table: &Table, fields: &Fields<'_>) -> Result<Vec<(usize, bool)>, ApiError> {
    let mut sort = Vec::new();
    while let Some(name) = fields.get(&format!("sort[{}][field]", sort.len())) {
        let field = table.field(name).ok_or_else(|| ApiError::unknown_field(name))?;
        let descending = match fields.get(&format!("sort[{}][direction]", sort.len())) {
            None | Some("asc") => false,
            Some("desc") => true,
            Some(_) => return Err(ApiError::invalid_request()),
        };
        sort.push((field, descending));
    }
    Ok(sort)
}

fn fingerprint(table: &Table, fields: &Fields<'_>) -> u64 {
    let mut parts: Vec<String> = fields
        .pairs()
        .filter(|(name, value)| !matches!(*name, "offset" | "pageSize" | "method") && !value.is_empty())
        .map(|(name, value)| format!("{name}\u{1f}{value}"))
        .collect();
    // The order of parameters is insignificant, and differs between a URL and a body.
    parts.sort();
    parts.push(table.id.clone());
    ids::hash(&parts.join("\u{1e}"))
}
