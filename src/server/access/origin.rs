//! Protection against other sites: DNS rebinding, cross-site requests, and the security headers of responses.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, header, uri::Authority};
use url::Url;

use crate::{
    model::{AppError, ErrorCode},
    server::{AppState, config::Config},
};

/// Rejects requests for another host (DNS rebinding) and from another origin.
pub async fn require_known_host(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let named = request.uri().authority().map(Authority::as_str);
    let host = named.or_else(|| request.headers().get(header::HOST)?.to_str().ok());
    if !host.is_some_and(|host| is_known(&state.config, host)) {
        let public = state.config.public("/");
        let detail = format!(
            "This server doesn't serve that host. Use {public}, or set TRIBUTARY_PUBLIC_URL to the address that browsers use."
        );
        return AppError::new(ErrorCode::Forbidden, detail).into_response();
    }
    if let Some(origin) = request.headers().get(header::ORIGIN) {
        let host = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
        if !host.is_some_and(|host| is_known(&state.config, host)) {
            return cross_site_error();
        }
    }
    next.run(request).await
}

/// Rejects a link on another site that would have this browser connect an account, with the session's cookie, for whatever
/// user that site chooses (CSRF). Programs do not send the header.
pub fn reject_cross_site_links(headers: &HeaderMap) -> Result<(), AppError> {
    if headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none") {
        let detail = "Connecting starts on Tributary's own page, not on another site. Open the page and try there.";
        return Err(AppError::new(ErrorCode::Forbidden, detail));
    }
    Ok(())
}

/// The response to a cross-site request.
pub fn cross_site(_: tower_http::csrf::ProtectionError) -> Response {
    cross_site_error()
}

fn cross_site_error() -> Response {
    let detail = "This request came from another site and was rejected. Open Tributary's own page and try there.";
    AppError::new(ErrorCode::Forbidden, detail).into_response()
}

/// Whether a host is ours: that of the public URL, or this machine at the port that the server listens on.
fn is_known(config: &Config, host: &str) -> bool {
    let same = |ours: &Url| {
        let port = ours.port().map_or(String::new(), |port| format!(":{port}"));
        ours.host_str().is_some_and(|name| host.eq_ignore_ascii_case(&format!("{name}{port}")))
    };
    let Some((name, port)) = host.rsplit_once(':') else { return same(&config.public_url) };
    let local = matches!(name, "localhost" | "127.0.0.1" | "[::1]") || name == config.listen.ip().to_string();
    same(&config.public_url) || (local && port == config.listen.port().to_string())
}

/// The default headers of every response.
const DEFAULTS: [(HeaderName, &str); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    (header::CACHE_CONTROL, "no-store"),
];

/// Adds the security headers that a response does not set itself. The page sets its own content security policy.
pub async fn security_headers<B>(mut response: http::Response<B>) -> http::Response<B> {
    for (name, value) in DEFAULTS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_hosts_are_known() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data").display().to_string();
        let config = |public: &str| {
            Config::read(&|name| match name {
                "TRIBUTARY_PUBLIC_URL" => Some(public.to_owned()),
                "TRIBUTARY_DATA_DIR" => Some(data.clone()),
                _ => None,
            })
        };
        let local = config("http://localhost:8000").unwrap();
        for (host, ours) in [
            ("localhost:8000", true),
            ("LOCALHOST:8000", true),
            ("127.0.0.1:8000", true),
            ("[::1]:8000", true),
            ("localhost", false),
            ("localhost:8001", false),
            ("evil.example:8000", false),
            ("localhost:8000.evil.example", false),
            ("localhost.evil.example:8000", false),
            ("", false),
        ] {
            assert_eq!(is_known(&local, host), ours, "{host}");
        }
        let public = config("https://tributary.example.com").unwrap();
        assert!(is_known(&public, "tributary.example.com") && !is_known(&public, "example.com"));
    }
}
