//! What a list is asked for.

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
    /// The most records of all pages together.
    pub max_records: u64,
    pub offset: Option<String>,
    pub view: Option<&'a View>,
    pub filter: Option<Expression>,
    /// Fields, and whether each runs downwards; the view's where none is given.
    pub sort: Vec<(usize, bool)>,
    pub shape: RecordFormat,
    /// What an offset is bound to: everything but the offset itself and the size of the page.
    pub fingerprint: u64,
}

const LARGEST_PAGE: usize = 100;

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
            shape: RecordFormat::read(table, fields)?,
            fingerprint: fingerprint(table, fields),
        })
    }
}

/// `pageSize`: 100 if it is not given, and no more.
pub(crate) fn page_size(fields: &Fields<'_>) -> Result<usize, ApiError> {
    match fields.get("pageSize").map(str::parse) {
        None => Ok(LARGEST_PAGE),
        Some(Ok(size)) if (1..=LARGEST_PAGE).contains(&size) => Ok(size),
        Some(_) => Err(ApiError::invalid_request()),
    }
}

/// `sort[0][field]` and `sort[0][direction]`, with numbers from 0 on.
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
    // The order of names means nothing, and an address and a body put them in different ones.
    parts.sort();
    parts.push(table.id.clone());
    ids::subject(&parts.join("\u{1e}"))
}
