//! Every path of the stand-in. Routes are written out in full because the counters are named after them.

use std::sync::Arc;

use axum::{
    Router,
    middleware::from_fn_with_state,
    routing::{any, get, post},
};

use super::{
    Airtable,
    api::{auth, comments, list, meta, records},
    oauth::{authorize, token},
};

pub(super) fn routes(airtable: Arc<Airtable>) -> Router {
    let api = Router::new()
        .route("/airtable/v0/meta/whoami", get(meta::whoami))
        .route("/airtable/v0/meta/bases", get(meta::bases).fallback(records::write))
        .route("/airtable/v0/meta/bases/{base}/tables", get(meta::tables).fallback(records::write))
        .route("/airtable/v0/{base}/{table}", get(list::get).fallback(records::write))
        // Airtable's own SDK sends a trailing slash.
        .route("/airtable/v0/{base}/{table}/", get(list::get).fallback(records::write))
        .route("/airtable/v0/{base}/{table}/listRecords", post(list::post))
        .route("/airtable/v0/{base}/{table}/{record}", get(records::read).fallback(records::write))
        .route("/airtable/v0/{base}/{table}/{record}/comments", get(comments::list).fallback(records::write))
        .route("/airtable/v0/{base}", any(records::not_found))
        .route("/airtable/v0/{base}/{table}/{record}/{nothing}", any(records::not_found))
        .route_layer(from_fn_with_state(airtable.clone(), auth::check));
    let oauth = Router::new()
        .route("/airtable/oauth2/v1/authorize", get(authorize::ask).post(authorize::decide))
        .route("/airtable/oauth2/v1/token", post(token::token))
        .route("/airtable/oauth2/v1/{nothing}", any(records::not_found));
    Router::new().merge(api).merge(oauth).with_state(airtable)
}
