//! `POST /v1/search`: pages and data sources by title. Search is incomplete: which rows it finds is a switch, and
//! shortly after connecting it can miss objects of all kinds.

use std::sync::Arc;

use axum::{Extension, body::Bytes, extract::State};
use jiff::SignedDuration;
use serde_json::{Map, Value};

use super::{
    auth::Caller,
    body,
    pages::{self, Selection},
    paging::Pager,
};
use crate::notion::{
    Notion,
    error::ApiError,
    ids::Object,
    reply::Reply,
    switches::SearchRows,
    version::Version,
    workspace::{
        Page, Row, Share, Workspace,
        containers::{self, DATABASES},
        times, titles,
    },
};

/// A valid search.
struct Search {
    workspace: Workspace,
    share: Share,
    version: Version,
    rows: SearchRows,
    /// The index does not have all shared objects yet.
    is_incomplete: bool,
    /// Lower case.
    query: String,
    only: Option<Only>,
    descending: Option<bool>,
}

#[derive(Clone, Copy, PartialEq)]
enum Only {
    Pages,
    /// Data sources, or databases in API versions without data sources.
    Sources,
}

pub(crate) async fn search(
    State(notion): State<Arc<Notion>>,
    Extension(caller): Extension<Caller>,
    bytes: Bytes,
) -> Result<Reply, ApiError> {
    let fields = body::read(&bytes, &["query", "sort", "filter", "start_cursor", "page_size"])?;
    let search = Search::read(&notion, caller, &fields)?;
    let list = format!("search {:?} {:?} {:?}", fields.get("query"), fields.get("filter"), fields.get("sort"));
    let pager = Pager::read(&notion, &fields, &list)?;
    // Scanning a large workspace takes a while and must not block other requests.
    let response = tokio::task::spawn_blocking(move || search.run(&pager)).await;
    Ok(Reply::ok(response.map_err(|_| ApiError::internal())?))
}

impl Search {
    fn read(notion: &Notion, caller: Caller, fields: &Map<String, Value>) -> Result<Self, ApiError> {
        let switches = notion.switches.get();
        let workspace = notion.workspace();
        let lag = SignedDuration::from_millis(i64::try_from(switches.search_incomplete).unwrap_or(i64::MAX));
        let query = match fields.get("query") {
            None => String::new(),
            Some(Value::String(query)) => query.trim().to_lowercase(),
            Some(other) => return Err(ApiError::field("query", "a string or `undefined`", other)),
        };
        let Caller { share, version, .. } = caller;
        Ok(Self {
            is_incomplete: workspace.now.duration_since(share.since) < lag,
            only: fields.get("filter").map(|filter| only(filter, version)).transpose()?,
            descending: fields.get("sort").map(descending).transpose()?,
            rows: switches.search_rows,
            workspace,
            share,
            version,
            query,
        })
    }

    fn run(&self, pager: &Pager) -> Value {
        let page = match self.descending {
            None => pager.page(self.hits(pager.start), u64::MAX),
            Some(descending) => {
                let mut hits: Vec<_> = self.hits(0).map(|(_, object)| object).collect();
                hits.sort_by_key(|object| times::edited(&self.workspace, *object));
                if descending {
                    hits.reverse();
                }
                pager.page((0..).zip(hits).skip(pager.start as usize), u64::MAX)
            }
        };
        let results = page.items.iter().map(|object| self.json(*object)).collect();
        let kind = if self.version.has_data_sources() { "page_or_data_source" } else { "page_or_database" };
        pager.list(kind, &page, results)
    }

    /// The matching objects from a position on: the newest pages first, then data sources, then rows.
    fn hits(&self, start: u32) -> impl Iterator<Item = (u32, Object)> {
        let Workspace { pages, rows, .. } = self.workspace;
        let sources = rows.len() as u32;
        let total = rows.iter().fold(pages.saturating_add(sources), |sum, rows| sum.saturating_add(*rows));
        (start..total).map(|position| (position, self.at(position))).filter(|(_, object)| self.matches(*object))
    }

    fn at(&self, position: u32) -> Object {
        let Workspace { pages, rows, .. } = self.workspace;
        if position < pages {
            return Object::Page(pages - 1 - position);
        }
        let mut position = position - pages;
        if position < rows.len() as u32 {
            return Object::Source(position as u8);
        }
        position -= rows.len() as u32;
        for (source, rows) in (0..).zip(rows) {
            if position < rows {
                return Object::Row(Row { source, number: position });
            }
            position -= rows;
        }
        Object::Workspace
    }

    fn matches(&self, object: Object) -> bool {
        let is_wanted = match object {
            Object::Page(_) => self.only != Some(Only::Sources),
            Object::Row(row) => {
                let is_indexed = match self.rows {
                    SearchRows::None => false,
                    SearchRows::Some => row.number.is_multiple_of(3),
                    SearchRows::All => true,
                };
                is_indexed && self.only != Some(Only::Sources)
            }
            // API versions without data sources leave out databases that have several.
            Object::Source(source) => {
                let database = &DATABASES[usize::from(containers::database_of(source))];
                self.only != Some(Only::Pages) && (self.version.has_data_sources() || database.sources.len() == 1)
            }
            _ => false,
        };
        let is_not_indexed_yet = self.is_incomplete && self.workspace.dice(object).once_in(70, 5);
        is_wanted
            && !is_not_indexed_yet
            && self.workspace.covers(object, &self.share)
            && self.has_matching_title(object)
    }

    fn has_matching_title(&self, object: Object) -> bool {
        self.query.is_empty() || titles::plain(&self.workspace, object).to_lowercase().contains(&self.query)
    }

    fn json(&self, object: Object) -> Value {
        let page_json = |page| pages::json(&self.workspace, page, &Selection::everything(), self.version);
        match object {
            Object::Page(index) => page_json(Page::Standalone(index)),
            Object::Row(row) => page_json(Page::Row(row)),
            Object::Source(source) if self.version.has_data_sources() => {
                containers::data_source(&self.workspace, source, self.version)
            }
            Object::Source(source) => {
                containers::database(&self.workspace, containers::database_of(source), self.version)
            }
            _ => Value::Null,
        }
    }
}

fn only(filter: &Value, version: Version) -> Result<Only, ApiError> {
    body::one_of("filter.property", &filter["property"], &["object"])?;
    let container = if version.has_data_sources() { "data_source" } else { "database" };
    let word = body::one_of("filter.value", &filter["value"], &["page", container])?;
    Ok(if word == "page" { Only::Pages } else { Only::Sources })
}

fn descending(sort: &Value) -> Result<bool, ApiError> {
    body::one_of("sort.timestamp", &sort["timestamp"], &["last_edited_time"])?;
    Ok(body::one_of("sort.direction", &sort["direction"], &["ascending", "descending"])? == "descending")
}
