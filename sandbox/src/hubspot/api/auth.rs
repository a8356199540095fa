//! Checks every API call before its endpoint sees it: the access token first, then the rate limits.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{
    grants::Access,
    hubspot::{
        HUB_ID, Hubspot,
        data::catalog::ObjectType,
        error::ApiError,
        switches::{Hub, Switches},
    },
    rate_limit::LimitReached,
};

/// What the access token of a call permits.
#[derive(Clone)]
pub(crate) struct Caller {
    scopes: Vec<String>,
}

impl Caller {
    pub(crate) fn require_read(&self, object_type: ObjectType) -> Result<(), ApiError> {
        self.require_scope(&format!("crm.objects.{}.read", object_type.plural()))
    }

    pub(crate) fn require_scope(&self, scope: &str) -> Result<(), ApiError> {
        let is_granted = self.scopes.iter().any(|granted| granted == scope);
        if is_granted { Ok(()) } else { Err(ApiError::missing_scopes(scope.to_owned())) }
    }
}

/// The limit reported while limits are off. It is high, so that a client that obeys the headers is not slowed down.
const UNLIMITED: usize = 1_000_000;

/// Calls other than searches: 110 in ten seconds, with headers that say how many are left.
pub(crate) async fn check(State(hubspot): State<Arc<Hubspot>>, mut request: Request, next: Next) -> Response {
    let access = match authenticate(&hubspot, request.headers()) {
        Ok(access) => access,
        Err(error) => return error.into_response(),
    };
    let (limits, switches) = (hubspot.context.settings().limits, hubspot.switches.get());
    let key = format!("{HUB_ID} {}", access.client_id);
    let max = if limits { hubspot.burst.max } else { UNLIMITED };
    let left = if limits { hubspot.burst.acquire(&key, hubspot.context.clock.now()) } else { Ok(max) };
    let left_today = count_toward_day(&hubspot, limits, &switches);
    request.extensions_mut().insert(Caller { scopes: access.scopes });
    let mut response = match (&left, &left_today) {
        (_, Err(LimitReached)) => ApiError::daily_limit(switches.retry_after_on_429).into_response(),
        (Err(LimitReached), _) => ApiError::burst_limit(switches.retry_after_on_429).into_response(),
        _ => next.run(request).await,
    };
    let interval = hubspot.burst.length.as_millis();
    set_limit_header(&mut response, "max", max as i128);
    set_limit_header(&mut response, "remaining", left.unwrap_or(0) as i128);
    set_limit_header(&mut response, "interval-milliseconds", interval);
    if switches.daily_headers {
        set_limit_header(&mut response, "daily", switches.daily_limit.into());
        set_limit_header(&mut response, "daily-remaining", left_today.unwrap_or(0).into());
    }
    response
}

fn set_limit_header(response: &mut Response, name: &str, number: i128) {
    let name = format!("x-hubspot-ratelimit-{name}").parse::<header::HeaderName>();
    if let (Ok(name), Ok(value)) = (name, number.to_string().parse()) {
        response.headers_mut().insert(name, value);
    }
}

/// Searches have their own limit besides the daily one, and no headers about either.
pub(crate) async fn check_search(State(hubspot): State<Arc<Hubspot>>, mut request: Request, next: Next) -> Response {
    let access = match authenticate(&hubspot, request.headers()) {
        Ok(access) => access,
        Err(error) => return error.into_response(),
    };
    let (limits, switches) = (hubspot.context.settings().limits, hubspot.switches.get());
    if count_toward_day(&hubspot, limits, &switches).is_err() {
        return ApiError::daily_limit(switches.retry_after_on_429).into_response();
    }
    if limits && hubspot.searches.acquire(&HUB_ID.to_string(), hubspot.context.clock.now()).is_err() {
        return ApiError::search_limit(switches.retry_after_on_429).into_response();
    }
    request.extensions_mut().insert(Caller { scopes: access.scopes });
    let mut response = next.run(request).await;
    response.headers_mut().insert("x-hubspot-rate-limit-exemptions", HeaderValue::from_static("ten-secondly"));
    response
}

/// Counts a call and returns how many are left today. Calls that another limit rejects count as well.
fn count_toward_day(hubspot: &Hubspot, limits: bool, switches: &Switches) -> Result<u64, LimitReached> {
    let max = switches.daily_limit;
    if limits { hubspot.daily.acquire(max, hubspot.context.clock.now()) } else { Ok(max) }
}

fn authenticate(hubspot: &Hubspot, headers: &HeaderMap) -> Result<Access<()>, ApiError> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.split_once(' '));
    let token = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
    let is_active = hubspot.switches.get().hub == Hub::Active;
    let token = token.filter(|_| is_active);
    let access = token.and_then(|token| hubspot.grants.access(token)).ok_or_else(|| {
        let message = "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more \
                       details at https://developers.hubspot.com/docs/methods/auth/oauth-overview";
        ApiError::new(StatusCode::UNAUTHORIZED, message).category("INVALID_AUTHENTICATION")
    })?;
    let overdue = hubspot.context.clock.now().duration_since(access.expires);
    if overdue.is_negative() {
        return Ok(access);
    }
    let message = format!("The OAuth token used to make this call expired {} second(s) ago.", overdue.as_secs());
    let error = ApiError::new(StatusCode::UNAUTHORIZED, message).category("EXPIRED_AUTHENTICATION");
    Err(error.context("expire time", format!("{:.3}", access.expires)))
}
