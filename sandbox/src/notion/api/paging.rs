//! Pages of a list. A cursor is a UUID like any other id. It encodes where the next page starts and which list it
//! belongs to.

use serde_json::{Map, Value, json};
use url::form_urlencoded;

use crate::{
    fixtures::dice::Dice,
    notion::{Notion, error::ApiError, ids::Object},
};

/// The default and the maximum page size (developers.notion.com/reference/intro).
const SIZE: u64 = 100;

/// Bits of a cursor: the position of the next item, how many results preceded it, whether the last page was empty, and
/// the list it belongs to.
const POSITION_BITS: u64 = 32;
const COUNT_BITS: u64 = 14;
const LIST_BITS: u64 = 13;

/// A query string, in which parameters can be repeated.
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(crate) fn parse(query: Option<String>) -> Self {
        Self(form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect())
    }

    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = String> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.clone())
    }

    pub(crate) fn first(&self, name: &str) -> Option<String> {
        self.all(name).next()
    }

    /// The two paging parameters, with the types they have in a body.
    pub(crate) fn paging(&self) -> Map<String, Value> {
        let size = self.first("page_size").map(|size| size.parse::<i64>().map_or(Value::String(size), Value::from));
        let cursor = self.first("start_cursor").map(Value::String);
        let both = [("page_size", size), ("start_cursor", cursor)];
        both.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}

/// Which page of a list is requested.
pub(crate) struct Pager {
    seed: u64,
    /// Identifies the list: a cursor of another list is rejected.
    list: u64,
    size: usize,
    pub start: u32,
    /// The number of results on the pages before this one, up to the largest number that a cursor can hold.
    delivered: u64,
    after_empty: bool,
}

/// One page of a list.
pub(crate) struct Page<T> {
    pub items: Vec<T>,
    next: Option<u32>,
    /// There are more results, and they cannot be read.
    pub is_truncated: bool,
}

impl Pager {
    /// Reads `page_size` and `start_cursor`. `list` identifies the list, including what filters and sorts it.
    pub(crate) fn read(notion: &Notion, body: &Map<String, Value>, list: &str) -> Result<Self, ApiError> {
        let seed = notion.context.seed;
        let fold = |sum: u64, byte: u8| Dice::new(seed, sum, byte.into()).below(0, u64::MAX);
        let list = list.bytes().fold(0, fold) % (1 << LIST_BITS);
        let size = match body.get("page_size") {
            None | Some(Value::Null) => SIZE,
            Some(size) => match size.as_u64() {
                Some(size @ 1..=SIZE) => size,
                Some(0) => return Err(ApiError::field("page_size", "≥ `1`", size)),
                Some(_) => return Err(ApiError::field("page_size", "≤ `100`", size)),
                None => return Err(ApiError::field("page_size", "a number", size)),
            },
        };
        let mut pager = Self { seed, list, size: size as usize, start: 0, delivered: 0, after_empty: false };
        match body.get("start_cursor") {
            None | Some(Value::Null) => {}
            Some(Value::String(cursor)) => pager.seek(cursor)?,
            Some(other) => return Err(ApiError::field("start_cursor", "a string", other)),
        }
        if notion.switches.get().short_pages {
            pager.shorten();
        }
        Ok(pager)
    }

    fn seek(&mut self, cursor: &str) -> Result<(), ApiError> {
        let invalid = || ApiError::validation(format!("The start_cursor provided is invalid: {cursor}"));
        let Some(Object::Cursor(bits)) = Object::named(self.seed, cursor) else { return Err(invalid()) };
        if bits >> (POSITION_BITS + COUNT_BITS + 1) != self.list {
            return Err(invalid());
        }
        self.start = bits as u32;
        self.delivered = bits >> POSITION_BITS & ((1 << COUNT_BITS) - 1);
        self.after_empty = bits >> (POSITION_BITS + COUNT_BITS) & 1 == 1;
        Ok(())
    }

    /// Two thirds of the requested size, and for one page in four nothing at all, but never twice in a row.
    fn shorten(&mut self) {
        let is_empty = !self.after_empty && Dice::new(self.seed, 9_003, self.start.into()).once_in(0, 4);
        self.size = if is_empty { 0 } else { (self.size * 2).div_ceil(3) };
    }

    /// The page of a list whose items come with their positions. At most `most` results can be read in all.
    pub(crate) fn page<T>(&self, mut items: impl Iterator<Item = (u32, T)>, most: u64) -> Page<T> {
        let left = usize::try_from(most.saturating_sub(self.delivered)).unwrap_or(usize::MAX);
        let size = self.size.min(left);
        let taken = items.by_ref().take(size).map(|(_, item)| item).collect();
        let next = items.next().map(|(position, _)| position);
        let is_truncated = next.is_some() && size == left;
        Page { items: taken, next: next.filter(|_| !is_truncated), is_truncated }
    }

    /// The response with these results. `kind` names what is listed.
    pub(crate) fn list<T>(&self, kind: &str, page: &Page<T>, results: Vec<Value>) -> Value {
        let cursor = page.next.map(|position| self.cursor(position, page.items.len()));
        json!({
            "object": "list", "results": results, "next_cursor": cursor, "has_more": page.next.is_some(),
            "type": kind, kind: {},
        })
    }

    fn cursor(&self, position: u32, results: usize) -> String {
        let delivered = (self.delivered + results as u64).min((1 << COUNT_BITS) - 1);
        let after_empty = u64::from(results == 0);
        let bits = self.list << (POSITION_BITS + COUNT_BITS + 1)
            | after_empty << (POSITION_BITS + COUNT_BITS)
            | delivered << POSITION_BITS;
        Object::Cursor(bits | u64::from(position)).id(self.seed)
    }
}
