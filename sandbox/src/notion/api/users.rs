//! The members of the workspace, and the integration's bot.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Path, RawQuery, State},
};

use super::{
    auth::Caller,
    paging::{Pager, Parameters},
};
use crate::notion::{
    Notion,
    error::ApiError,
    ids::{self, Object},
    reply::Reply,
    workspace::people,
};

pub(crate) async fn list(
    State(notion): State<Arc<Notion>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Reply, ApiError> {
    let workspace = notion.workspace();
    let pager = Pager::read(&notion, &Parameters::parse(query).paging(), "users")?;
    let users = (0..people::COUNT).map(Object::User).chain([people::bot(&caller.client_id)]);
    let page = pager.page((0..).zip(users).skip(pager.start as usize), u64::MAX);
    let json = |user: &Object| match user {
        Object::User(number) => people::person(&workspace, *number),
        _ => people::bot_user(&workspace, &caller.client_id),
    };
    Ok(Reply::ok(pager.list("user", &page, page.items.iter().map(json).collect())))
}

pub(crate) async fn me(State(notion): State<Arc<Notion>>, Extension(caller): Extension<Caller>) -> Reply {
    Reply::ok(people::bot_user(&notion.workspace(), &caller.client_id))
}

pub(crate) async fn read(
    State(notion): State<Arc<Notion>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Reply, ApiError> {
    let workspace = notion.workspace();
    if !ids::is_uuid(&id) {
        let message = format!("path failed validation: path.user_id should be a valid uuid, instead was `\"{id}\"`.");
        return Err(ApiError::validation(message));
    }
    match Object::named(workspace.seed, &id) {
        Some(Object::User(number)) if number < people::COUNT => Ok(Reply::ok(people::person(&workspace, number))),
        Some(bot) if bot == people::bot(&caller.client_id) => {
            Ok(Reply::ok(people::bot_user(&workspace, &caller.client_id)))
        }
        _ => Err(caller.not_found("user_id", &id)),
    }
}
