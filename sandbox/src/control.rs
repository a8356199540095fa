//! `/__sandbox`: what steers the sandbox and what it has counted. These requests are neither counted nor delayed.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{Request, State},
    http::{Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    PROVIDERS, reply,
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
        .route_layer(middleware::from_fn(json_only))
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

/// Whose tokens are meant: one provider's, or without a body (or with `{}`) everybody's.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Whose {
    provider: Option<String>,
}

impl Whose {
    fn read(body: &[u8]) -> Result<Vec<&'static str>, String> {
        let whose = if body.is_empty() { Ok(Self::default()) } else { serde_json::from_slice(body) };
        let whose: Self = whose.map_err(|error| format!("The body may be empty or {{\"provider\": …}}: {error}."))?;
        let Some(wanted) = whose.provider else { return Ok(PROVIDERS.to_vec()) };
        let known = PROVIDERS.iter().find(|provider| **provider == wanted);
        known
            .map(|provider| vec![*provider])
            .ok_or_else(|| format!("There is no provider {wanted:?}; there is: {}.", PROVIDERS.join(", ")))
    }
}

async fn reset(State(control): State<Control>) -> StatusCode {
    control.world.reset();
    control.resets.iter().for_each(|reset| reset());
    StatusCode::NO_CONTENT
}

async fn expire(State(control): State<Control>, body: Bytes) -> Response {
    cut(&control.world, &body, |cuts, now| cuts.expired = Some(now))
}

async fn revoke_all(State(control): State<Control>, body: Bytes) -> Response {
    cut(&control.world, &body, |cuts, now| *cuts = Cuts { expired: Some(now), revoked: Some(now) })
}

fn cut(world: &World, body: &[u8], change: fn(&mut Cuts, Timestamp)) -> Response {
    let now = world.clock.now();
    match Whose::read(body) {
        Ok(providers) => {
            providers.into_iter().for_each(|provider| world.cut(provider, |cuts| change(cuts, now)));
            StatusCode::NO_CONTENT.into_response()
        }
        Err(message) => sentence(StatusCode::BAD_REQUEST, &message),
    }
}

fn sentence(status: StatusCode, message: &str) -> Response {
    reply::json(status, &json!({"message": message}))
}
