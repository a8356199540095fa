//! `/__sandbox`: what steers the sandbox and what it has counted. These requests are neither counted nor delayed.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{Request, State},
    http::{Method, StatusCode, header},
    middleware::{self, Next},
    response::Response,
    routing::{get, post},
};
use serde_json::{Value, json};

use super::{
    reply,
    world::{Cuts, World},
};

/// What makes a stand-in forget: used codes, revocations, rotations and rate windows.
pub(crate) type Reset = Box<dyn Fn() + Send + Sync>;

#[derive(Clone)]
struct Control {
    world: Arc<World>,
    resets: Arc<[Reset]>,
}

pub(crate) fn routes(world: Arc<World>, resets: Vec<Reset>) -> Router {
    Router::new()
        .route("/__sandbox/config", get(show).post(change))
        .route("/__sandbox/stats", get(stats))
        .route("/__sandbox/reset", post(reset))
        .route("/__sandbox/expire", post(expire))
        .route("/__sandbox/revoke_all", post(revoke_all))
        .layer(middleware::from_fn(json_only))
        .with_state(Control { world, resets: resets.into() })
}

/// A page from elsewhere can make a browser post a form, but not JSON.
async fn json_only(request: Request, next: Next) -> Response {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_json =
        content_type.is_some_and(|value| value.split(';').next().is_some_and(|kind| kind.trim() == "application/json"));
    if request.method() == Method::POST && !is_json {
        return sentence(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Send content-type: application/json.");
    }
    next.run(request).await
}

async fn show(State(control): State<Control>) -> Response {
    reply::json(StatusCode::OK, &control.world.settings())
}

async fn change(State(control): State<Control>, body: Bytes) -> Response {
    let patch: Value = match serde_json::from_slice(&body) {
        Ok(patch) => patch,
        Err(error) => {
            return sentence(StatusCode::BAD_REQUEST, &format!("The body is not JSON: {error}."));
        }
    };
    let world = &control.world;
    let now = world.clock.now();
    let mut settings = world.settings_mut();
    match settings.patched(&patch, now) {
        Ok(patched) => *settings = patched,
        Err(message) => return sentence(StatusCode::BAD_REQUEST, &message),
    }
    if patch.get("faults").is_some() {
        world.faults().arm(&settings.faults, now);
    }
    reply::json(StatusCode::OK, &*settings)
}

async fn stats(State(control): State<Control>) -> Response {
    let records = control.world.settings().records;
    reply::json(StatusCode::OK, &control.world.stats.report(records))
}

async fn reset(State(control): State<Control>) -> StatusCode {
    control.world.reset();
    control.resets.iter().for_each(|reset| reset());
    StatusCode::NO_CONTENT
}

async fn expire(State(control): State<Control>) -> StatusCode {
    control.world.cuts().expired = Some(control.world.clock.now());
    StatusCode::NO_CONTENT
}

async fn revoke_all(State(control): State<Control>) -> StatusCode {
    let now = Some(control.world.clock.now());
    *control.world.cuts() = Cuts { expired: now, revoked: now };
    StatusCode::NO_CONTENT
}

fn sentence(status: StatusCode, message: &str) -> Response {
    reply::json(status, &json!({"message": message}))
}
