//! Every path of the stand-in. Routes are written out in full because the counters are named after them.

use std::sync::Arc;

use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
    routing::{any, get, patch, post},
};

use super::{
    Notion,
    api::{auth, blocks, databases, pages, query, search, users},
    error::ApiError,
    oauth::{authorize, introspect, token},
    reply,
};

pub(super) fn routes(notion: Arc<Notion>) -> Router {
    let api = Router::new()
        .route("/notion/v1/search", post(search::search))
        .route("/notion/v1/data_sources", post(restricted))
        .route("/notion/v1/data_sources/{id}", get(databases::data_source).patch(restricted))
        .route("/notion/v1/data_sources/{id}/query", post(query::data_source))
        .route("/notion/v1/databases", post(restricted))
        .route("/notion/v1/databases/{id}", get(databases::database).patch(restricted))
        .route("/notion/v1/databases/{id}/query", post(query::database))
        .route("/notion/v1/pages", post(restricted))
        .route("/notion/v1/pages/{id}", get(pages::read).patch(restricted))
        .route("/notion/v1/pages/{id}/move", post(restricted))
        .route("/notion/v1/pages/{id}/properties/{property}", get(pages::property::read))
        .route("/notion/v1/blocks/{id}", get(blocks::read).patch(restricted).delete(restricted))
        .route("/notion/v1/blocks/{id}/children", get(blocks::children).patch(restricted))
        .route("/notion/v1/comments", get(blocks::comments).post(restricted))
        .route("/notion/v1/file_uploads", post(restricted))
        .route("/notion/v1/users", get(users::list))
        .route("/notion/v1/users/me", get(users::me))
        .route("/notion/v1/users/{id}", get(users::read))
        .route("/notion/v1/pages/{id}/markdown", patch(restricted))
        .route_layer(from_fn_with_state(notion.clone(), auth::check));
    let oauth = Router::new()
        .route("/notion/v1/oauth/authorize", get(authorize::ask).post(authorize::decide))
        .route("/notion/v1/oauth/token", post(token::token))
        .route("/notion/v1/oauth/introspect", post(introspect::introspect))
        .route("/notion/v1/oauth/revoke", post(introspect::revoke));
    Router::new()
        .merge(api)
        .merge(oauth)
        .route("/notion/{*rest}", any(unknown))
        .method_not_allowed_fallback(unknown)
        .layer(from_fn(reply::identify))
        .with_state(notion)
}

async fn restricted() -> ApiError {
    ApiError::restricted()
}

async fn unknown() -> ApiError {
    ApiError::invalid_url()
}
