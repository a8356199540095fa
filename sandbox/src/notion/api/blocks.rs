//! Single blocks, a block's children, and comments, of which there are none.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Path, RawQuery, State},
};

use super::{
    auth::Caller,
    paging::{Pager, Parameters},
};
use crate::notion::{Notion, error::ApiError, ids::Object, reply::Reply, workspace::blocks};

pub(crate) async fn read(
    State(notion): State<Arc<Notion>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Reply, ApiError> {
    let object = find(&notion, &caller, &id)?;
    Ok(Reply::ok(blocks::json(&notion.workspace(), object, caller.version)))
}

pub(crate) async fn children(
    State(notion): State<Arc<Notion>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Reply, ApiError> {
    let object = find(&notion, &caller, &id)?;
    let workspace = notion.workspace();
    let pager = Pager::read(&notion, &Parameters::parse(query).paging(), &format!("children {object:?}"))?;
    let page = pager.page(blocks::children(&workspace, object, pager.start), u64::MAX);
    let results = page.items.iter().map(|child| blocks::json(&workspace, *child, caller.version)).collect();
    Ok(Reply::ok(pager.list("block", &page, results)))
}

pub(crate) async fn comments(
    State(notion): State<Arc<Notion>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Reply, ApiError> {
    let parameters = Parameters::parse(query);
    let block = parameters.first("block_id").unwrap_or_default();
    find(&notion, &caller, &block)?;
    let pager = Pager::read(&notion, &parameters.paging(), "comments")?;
    let page = pager.page(std::iter::empty::<(u32, Object)>(), u64::MAX);
    Ok(Reply::ok(pager.list("comment", &page, Vec::new())))
}

/// A block, or a page or database, which are blocks too.
fn find(notion: &Notion, caller: &Caller, id: &str) -> Result<Object, ApiError> {
    let object = caller.find(&notion.workspace(), "block_id", id)?;
    let is_block = matches!(object, Object::Block(_) | Object::Page(_) | Object::Row(_) | Object::Database(_));
    if is_block { Ok(object) } else { Err(caller.not_found("block_id", id)) }
}
