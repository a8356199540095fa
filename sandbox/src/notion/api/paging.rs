//! Pages of a list. A cursor is a UUID like any other, and says where the list goes on and which list it belongs to.

use serde_json::{Map, Value, json};
use url::form_urlencoded;

use crate::{
    fixtures::dice::Dice,
    notion::{Notion, error::ApiError, ids::Object},
};

/// Results in a page when no size is asked for, and at most (developers.notion.com/reference/intro).
const SIZE: u64 = 100;

/// Bits of a cursor: the place, how many results came before it, whether an empty page did, and the list it belongs to.
const PLACE: u64 = 32;
const DELIVERED: u64 = 14;
const LIST: u64 = 13;

/// A query string, in which parameters may be repeated.
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

    /// The two parameters of paging, with the types they have in a body.
    pub(crate) fn paging(&self) -> Map<String, Value> {
        let size = self.first("page_size").map(|size| size.parse::<i64>().map_or(Value::String(size), Value::from));
        let cursor = self.first("start_cursor").map(Value::String);
        let both = [("page_size", size), ("start_cursor", cursor)];
        both.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}

/// Which part of a list is wanted.
pub(crate) struct Pager {
    seed: u64,
    /// What tells this list from others: a cursor of another one is refused.
    list: u64,
    size: usize,
    pub start: u32,
    /// Results on the pages before this one, up to the most that a cursor can count.
    delivered: u64,
    after_empty: bool,
}

/// A part of a list, and whether there is more.
pub(crate) struct Part<T> {
    pub items: Vec<T>,
    next: Option<u32>,
    /// The list goes on, and may not be read any further.
    pub is_cut: bool,
}

impl Pager {
    /// Reads `page_size` and `start_cursor`. `list` names the list with all that selects and orders its results.
    pub(crate) fn read(notion: &Notion, body: &Map<String, Value>, list: &str) -> Result<Self, ApiError> {
        let seed = notion.context.seed;
        let fold = |sum: u64, byte: u8| Dice::new(seed, sum, byte.into()).below(0, u64::MAX);
        let list = list.bytes().fold(0, fold) % (1 << LIST);
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
        if bits >> (PLACE + DELIVERED + 1) != self.list {
            return Err(invalid());
        }
        self.start = bits as u32;
        self.delivered = bits >> PLACE & ((1 << DELIVERED) - 1);
        self.after_empty = bits >> (PLACE + DELIVERED) & 1 == 1;
        Ok(())
    }

    /// Two thirds of what was asked for, and once in four nothing at all, but never twice in a row.
    fn shorten(&mut self) {
        let is_empty = !self.after_empty && Dice::new(self.seed, 9_003, self.start.into()).once_in(0, 4);
        self.size = if is_empty { 0 } else { (self.size * 2).div_ceil(3) };
    }

    /// The page of a list whose items come with their places. `most` is how many results may be read in all.
    pub(crate) fn part<T>(&self, mut items: impl Iterator<Item = (u32, T)>, most: u64) -> Part<T> {
        let left = usize::try_from(most.saturating_sub(self.delivered)).unwrap_or(usize::MAX);
        let size = self.size.min(left);
        let taken = items.by_ref().take(size).map(|(_, item)| item).collect();
        let next = items.next().map(|(place, _)| place);
        let is_cut = next.is_some() && size == left;
        Part { items: taken, next: next.filter(|_| !is_cut), is_cut }
    }

    /// The answer around results that were made of a part. `kind` names what is listed.
    pub(crate) fn list<T>(&self, kind: &str, part: &Part<T>, results: Vec<Value>) -> Value {
        let cursor = part.next.map(|place| self.cursor(place, part.items.len()));
        json!({
            "object": "list", "results": results, "next_cursor": cursor, "has_more": part.next.is_some(),
            "type": kind, kind: {},
        })
    }

    fn cursor(&self, place: u32, results: usize) -> String {
        let delivered = (self.delivered + results as u64).min((1 << DELIVERED) - 1);
        let after_empty = u64::from(results == 0);
        let bits = self.list << (PLACE + DELIVERED + 1) | after_empty << (PLACE + DELIVERED) | delivered << PLACE;
        Object::Cursor(bits | u64::from(place)).id(self.seed)
    }
}
