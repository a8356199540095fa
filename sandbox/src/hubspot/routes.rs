//! Every path of the stand-in. Routes are written out in full because the counters are named after them.

use std::sync::Arc;

use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
    routing::{get, patch, post, put},
};

use super::{
    Hubspot,
    api::{account, associations, auth, objects, owners, pipelines, properties, search, writes},
    error,
    oauth::{authorize, introspect, token},
    switches,
};

pub(crate) fn routes(hubspot: Arc<Hubspot>) -> Router {
    let searches = Router::new()
        .route("/hubspot/crm/v3/objects/{type}/search", post(search::search))
        .route("/hubspot/crm/objects/{version}/{type}/search", post(search::search))
        .route_layer(from_fn_with_state(hubspot.clone(), auth::check_search));
    let api =
        records().merge(associations()).merge(metadata()).route_layer(from_fn_with_state(hubspot.clone(), auth::check));
    let oauth = oauth().route_layer(from_fn_with_state(hubspot.clone(), switches::sunset));
    Router::new().merge(searches).merge(api).merge(oauth).layer(from_fn(error::correlate)).with_state(hubspot)
}

type Routes = Router<Arc<Hubspot>>;

fn records() -> Routes {
    let list = || get(objects::list).post(writes::records);
    let one = || get(objects::read).patch(writes::records).delete(writes::records);
    Router::new()
        .route("/hubspot/crm/v3/objects/{type}", list())
        .route("/hubspot/crm/objects/{version}/{type}", list())
        .route("/hubspot/crm/v3/objects/{type}/{id}", one())
        .route("/hubspot/crm/objects/{version}/{type}/{id}", one())
        .route("/hubspot/crm/v3/objects/{type}/batch/read", post(objects::batch::read))
        .route("/hubspot/crm/objects/{version}/{type}/batch/read", post(objects::batch::read))
        .route("/hubspot/crm/v3/objects/{type}/batch/{change}", post(writes::records))
        .route("/hubspot/crm/objects/{version}/{type}/batch/{change}", post(writes::records))
        .route("/hubspot/crm/v3/objects/{type}/merge", post(writes::records))
        .route("/hubspot/crm/objects/{version}/{type}/merge", post(writes::records))
}

/// Associations. Their version 4 precedes the dated versions.
fn associations() -> Routes {
    let link = || put(writes::records).delete(writes::records);
    Router::new()
        .route("/hubspot/crm/v4/objects/{type}/{id}/associations/{to}", get(associations::list))
        .route("/hubspot/crm/objects/{version}/{type}/{id}/associations/{to}", get(associations::list))
        .route("/hubspot/crm/v4/objects/{type}/{id}/associations/{to}/{other}", link())
        .route("/hubspot/crm/objects/{version}/{type}/{id}/associations/{to}/{other}", link())
        .route("/hubspot/crm/v4/objects/{type}/{id}/associations/default/{to}/{other}", put(writes::records))
        .route("/hubspot/crm/objects/{version}/{type}/{id}/associations/default/{to}/{other}", put(writes::records))
        .route("/hubspot/crm/v4/associations/{type}/{to}/batch/read", post(associations::batch::read))
        .route("/hubspot/crm/associations/{version}/{type}/{to}/batch/read", post(associations::batch::read))
        .route("/hubspot/crm/v4/associations/{type}/{to}/batch/{*change}", post(writes::records))
        .route("/hubspot/crm/associations/{version}/{type}/{to}/batch/{*change}", post(writes::records))
}

/// Owners, pipelines, properties and account details. HubSpot's SDK requests owners with a trailing slash.
fn metadata() -> Routes {
    Router::new()
        .route("/hubspot/crm/v3/owners", get(owners::list))
        .route("/hubspot/crm/v3/owners/", get(owners::list))
        .route("/hubspot/crm/owners/{version}", get(owners::list))
        .route("/hubspot/crm/v3/owners/{id}", get(owners::read))
        .route("/hubspot/crm/owners/{version}/{id}", get(owners::read))
        .route("/hubspot/crm/v3/pipelines/{type}", get(pipelines::list).post(writes::schemas))
        .route("/hubspot/crm/pipelines/{version}/{type}", get(pipelines::list).post(writes::schemas))
        .route("/hubspot/crm/v3/pipelines/{type}/{pipeline}", get(pipelines::read))
        .route("/hubspot/crm/pipelines/{version}/{type}/{pipeline}", get(pipelines::read))
        .route("/hubspot/crm/v3/pipelines/{type}/{pipeline}/stages", get(pipelines::stages))
        .route("/hubspot/crm/pipelines/{version}/{type}/{pipeline}/stages", get(pipelines::stages))
        .route("/hubspot/crm/v3/properties/{type}", get(properties::list).post(writes::schemas))
        .route("/hubspot/crm/properties/{version}/{type}", get(properties::list).post(writes::schemas))
        .route("/hubspot/crm/v3/properties/{type}/{name}", patch(writes::schemas).delete(writes::schemas))
        .route("/hubspot/crm/properties/{version}/{type}/{name}", patch(writes::schemas).delete(writes::schemas))
        .route("/hubspot/account-info/{version}/details", get(account::details))
}

fn oauth() -> Routes {
    Router::new()
        .route("/hubspot/oauth/authorize", get(authorize::ask).post(authorize::decide))
        .route("/hubspot/oauth/{account}/authorize", get(authorize::ask).post(authorize::decide))
        .route("/hubspot/oauth/{version}/token", post(token::token))
        .route("/hubspot/oauth/{version}/token/introspect", post(introspect::introspect))
        .route("/hubspot/oauth/{version}/token/revoke", post(introspect::revoke))
        .route("/hubspot/oauth/v1/access-tokens/{token}", get(introspect::v1::access_token))
        .route(
            "/hubspot/oauth/v1/refresh-tokens/{token}",
            get(introspect::v1::refresh_token).delete(introspect::v1::delete),
        )
}
