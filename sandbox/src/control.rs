//! `/__sandbox`: the endpoints that control the sandbox and report its counters. They are neither counted nor delayed.

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

use self::report::Report;
use crate::{context::Context, grants::Grants, reply, stand_in, stand_in::Running};

mod report;
pub(crate) mod settings;

#[derive(Clone)]
struct Control {
    context: Arc<Context>,
    stand_ins: Arc<[Running]>,
}

pub(crate) fn routes(context: Arc<Context>, stand_ins: Vec<Running>) -> Router {
    Router::new()
        .route("/__sandbox/config", get(show).post(change))
        .route("/__sandbox/stats", get(stats))
        .route("/__sandbox/reset", post(reset))
        .route("/__sandbox/expire", post(expire))
        .route("/__sandbox/revoke_all", post(revoke_all))
        .route_layer(middleware::from_fn(json_only))
        .with_state(Control { context, stand_ins: stand_ins.into() })
}

/// Rejects cross-site requests: another site's page can make a browser post a form, but not JSON.
async fn json_only(request: Request, next: Next) -> Response {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_json =
        content_type.is_some_and(|value| value.split(';').next().is_some_and(|kind| kind.trim() == "application/json"));
    if request.method() == Method::POST && !is_json {
        return error(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Send content-type: application/json.");
    }
    next.run(request).await
}

async fn show(State(control): State<Control>) -> Response {
    reply::json(StatusCode::OK, &settings::to_json(&control.context.settings(), &control.stand_ins))
}

async fn change(State(control): State<Control>, body: Bytes) -> Response {
    let patch: Value = match serde_json::from_slice(&body) {
        Ok(patch) => patch,
        Err(cause) => return error(StatusCode::BAD_REQUEST, &format!("The body is not JSON: {cause}.")),
    };
    match settings::merge(&control.context, &control.stand_ins, &patch) {
        Ok(settings) => reply::json(StatusCode::OK, &settings),
        Err(message) => error(StatusCode::BAD_REQUEST, &message),
    }
}

async fn stats(State(control): State<Control>) -> Response {
    reply::json(StatusCode::OK, &Report::of(&control.context, &control.stand_ins))
}

async fn reset(State(control): State<Control>) -> StatusCode {
    control.context.reset();
    for running in control.stand_ins.iter() {
        running.grants.reset();
        (running.reset)();
    }
    StatusCode::NO_CONTENT
}

async fn expire(State(control): State<Control>, body: Bytes) -> Response {
    control.for_selected(&body, Grants::expire_access_tokens)
}

async fn revoke_all(State(control): State<Control>, body: Bytes) -> Response {
    control.for_selected(&body, Grants::revoke_all)
}

/// Selects one provider, or all of them with an empty body or `{}`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Selection {
    provider: Option<String>,
}

impl Control {
    fn for_selected(&self, body: &[u8], change: fn(&Grants, Timestamp)) -> Response {
        let now = self.context.clock.now();
        match self.selected(body) {
            Ok(selected) => {
                selected.iter().for_each(|running| change(&running.grants, now));
                StatusCode::NO_CONTENT.into_response()
            }
            Err(message) => error(StatusCode::BAD_REQUEST, &message),
        }
    }

    fn selected(&self, body: &[u8]) -> Result<&[Running], String> {
        let selection = if body.is_empty() { Ok(Selection::default()) } else { serde_json::from_slice(body) };
        let selection: Selection =
            selection.map_err(|cause| format!("The body may be empty or {{\"provider\": …}}: {cause}."))?;
        let Some(wanted) = selection.provider else { return Ok(&self.stand_ins) };
        let position = self.stand_ins.iter().position(|running| running.stand_in.slug == wanted);
        position
            .map(|position| &self.stand_ins[position..=position])
            .ok_or_else(|| format!("There is no provider {wanted:?}. The providers are: {}.", stand_in::slugs()))
    }
}

fn error(status: StatusCode, message: &str) -> Response {
    reply::json(status, &json!({"message": message}))
}
