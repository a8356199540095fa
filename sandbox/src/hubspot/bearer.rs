//! Who calls an API: the bearer token is checked and the call counted against the limits before an endpoint sees it.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{HUB_ID, Hubspot, catalog::Kind, refusal::Refusal, switches::Hub};
use crate::{grants::Access, limits::Full, settings::Settings};

/// What the token of a call allows.
#[derive(Clone)]
pub(crate) struct Caller {
    scopes: Vec<String>,
}

impl Caller {
    /// Refuses a caller who was not granted the reading of this object type.
    pub(crate) fn may_read(&self, kind: Kind) -> Result<(), Refusal> {
        self.must_hold(&format!("crm.objects.{}.read", kind.plural()))
    }

    /// Refuses a caller who was not granted this scope.
    pub(crate) fn must_hold(&self, scope: &str) -> Result<(), Refusal> {
        let holds = self.scopes.iter().any(|held| held == scope);
        if holds { Ok(()) } else { Err(Refusal::missing_scopes(scope.to_owned())) }
    }
}

/// The limit that is told when there is none.
const UNLIMITED: usize = 1_000_000;

/// Calls other than searches: 110 in ten seconds, and headers that say how many are left.
pub(crate) async fn admit(State(hubspot): State<Arc<Hubspot>>, mut request: Request, next: Next) -> Response {
    let access = match authenticate(&hubspot, request.headers()) {
        Ok(access) => access,
        Err(refusal) => return refusal.into_response(),
    };
    let settings = hubspot.world.settings();
    let key = format!("{HUB_ID} {}", access.client_id);
    // Without limits it says so in the same words: a client that keeps to what it is told is not held back.
    let max = if settings.limits { hubspot.burst.max } else { UNLIMITED };
    let left = if settings.limits { hubspot.burst.take(&key, hubspot.world.clock.now()) } else { Ok(max) };
    let today = today(&hubspot, &settings);
    request.extensions_mut().insert(Caller { scopes: access.scopes });
    let retry_after = settings.hubspot.retry_after_on_429;
    let mut response = match (&left, &today) {
        (_, Err(_full)) => Refusal::daily_limit(retry_after).into_response(),
        (Err(_full), _) => Refusal::burst_limit(retry_after).into_response(),
        _ => next.run(request).await,
    };
    let interval = hubspot.burst.length.as_millis();
    tell(&mut response, "max", max as i128);
    tell(&mut response, "remaining", left.unwrap_or(0) as i128);
    tell(&mut response, "interval-milliseconds", interval);
    if settings.hubspot.daily_headers {
        tell(&mut response, "daily", settings.hubspot.daily_limit.into());
        tell(&mut response, "daily-remaining", today.unwrap_or(0).into());
    }
    response
}

fn tell(response: &mut Response, name: &str, number: i128) {
    let name = format!("x-hubspot-ratelimit-{name}").parse::<header::HeaderName>();
    if let (Ok(name), Ok(value)) = (name, number.to_string().parse()) {
        response.headers_mut().insert(name, value);
    }
}

/// Searches have a limit of their own besides that of the day, and say nothing of either in headers.
pub(crate) async fn admit_search(State(hubspot): State<Arc<Hubspot>>, mut request: Request, next: Next) -> Response {
    let access = match authenticate(&hubspot, request.headers()) {
        Ok(access) => access,
        Err(refusal) => return refusal.into_response(),
    };
    let settings = hubspot.world.settings();
    if today(&hubspot, &settings).is_err() {
        return Refusal::daily_limit(settings.hubspot.retry_after_on_429).into_response();
    }
    if settings.limits && hubspot.searches.take(&HUB_ID.to_string(), hubspot.world.clock.now()).is_err() {
        return Refusal::search_limit(settings.hubspot.retry_after_on_429).into_response();
    }
    request.extensions_mut().insert(Caller { scopes: access.scopes });
    let mut response = next.run(request).await;
    response.headers_mut().insert("x-hubspot-rate-limit-exemptions", HeaderValue::from_static("ten-secondly"));
    response
}

/// Counts a call to the day, and says how many are left of it. One that another limit refuses counts as well.
fn today(hubspot: &Hubspot, settings: &Settings) -> Result<u64, Full> {
    let max = settings.hubspot.daily_limit;
    if settings.limits { hubspot.daily.take(max, hubspot.world.clock.now()) } else { Ok(max) }
}

fn authenticate(hubspot: &Hubspot, headers: &HeaderMap) -> Result<Access<()>, Refusal> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.split_once(' '));
    let token = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
    let is_there = hubspot.world.settings().hubspot.hub == Hub::Active;
    let token = token.filter(|_| is_there);
    let access = token.and_then(|token| hubspot.grants.access(token, hubspot.world.cuts("hubspot"))).ok_or_else(|| {
        let message = "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more \
                       details at https://developers.hubspot.com/docs/methods/auth/oauth-overview";
        Refusal::new(StatusCode::UNAUTHORIZED, message).category("INVALID_AUTHENTICATION")
    })?;
    let over = hubspot.world.clock.now().duration_since(access.expires);
    if over.is_negative() {
        return Ok(access);
    }
    let message = format!("The OAuth token used to make this call expired {} second(s) ago.", over.as_secs());
    let refusal = Refusal::new(StatusCode::UNAUTHORIZED, message).category("EXPIRED_AUTHENTICATION");
    Err(refusal.context("expire time", format!("{:.3}", access.expires)))
}
