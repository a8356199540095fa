//! Which sites may talk to us, and what our answers allow of themselves.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, header, uri::Authority};
use url::Url;

use crate::{
    model::{AppError, ErrorCode},
    server::{AppState, config::Config},
};

/// Refuses requests for another host (DNS rebinding) and from another origin.
pub async fn refuse_foreign_hosts(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let named = request.uri().authority().map(Authority::as_str);
    let host = named.or_else(|| request.headers().get(header::HOST)?.to_str().ok());
    if !host.is_some_and(|host| is_ours(&state.config, host)) {
        let public = state.config.public("/");
        let detail = format!(
            "This server does not answer for that host. Use {public}, or set TRIBUTARY_PUBLIC_URL to the address that people use."
        );
        return AppError::new(ErrorCode::Forbidden, detail).into_response();
    }
    if let Some(origin) = request.headers().get(header::ORIGIN) {
        let host = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
        if !host.is_some_and(|host| is_ours(&state.config, host)) {
            return foreign();
        }
    }
    next.run(request).await
}

/// The answer to a request that another site made.
pub fn foreign_site(_: tower_http::csrf::ProtectionError) -> Response {
    foreign()
}

fn foreign() -> Response {
    let detail = "This request comes from another site, and is refused. Open Tributary's own page and try there.";
    AppError::new(ErrorCode::Forbidden, detail).into_response()
}

/// Our own names: the public URL's host, and this machine at the port we listen on.
fn is_ours(config: &Config, host: &str) -> bool {
    let same = |ours: &Url| {
        let port = ours.port().map_or(String::new(), |port| format!(":{port}"));
        ours.host_str().is_some_and(|name| host.eq_ignore_ascii_case(&format!("{name}{port}")))
    };
    let Some((name, port)) = host.rsplit_once(':') else { return same(&config.public_url) };
    let local = matches!(name, "localhost" | "127.0.0.1" | "[::1]") || name == config.listen.ip().to_string();
    same(&config.public_url) || (local && port == config.listen.port().to_string())
}

/// What every answer says, unless it says otherwise itself.
const ALWAYS: [(HeaderName, &str); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    (header::CACHE_CONTROL, "no-store"),
];

/// What every answer says of itself. A page with scripts of its own sets its own policy first.
pub async fn security_headers<B>(mut response: http::Response<B>) -> http::Response<B> {
    for (name, value) in ALWAYS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_names_are_ours() {
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
            assert_eq!(is_ours(&local, host), ours, "{host}");
        }
        let public = config("https://tributary.example.com").unwrap();
        assert!(is_ours(&public, "tributary.example.com") && !is_ours(&public, "example.com"));
    }
}
