//! Protection against other sites: DNS rebinding and cross-site requests.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header, uri::Authority};
use url::Url;

use crate::{
    model::{AppError, ErrorCode},
    server::{AppState, config::Config},
};

/// Rejects requests for another host (DNS rebinding) and from another origin.
pub async fn require_known_host(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let named = request.uri().authority().map(Authority::as_str);
    let host = named.or_else(|| request.headers().get(header::HOST)?.to_str().ok());
    if !host.is_some_and(|host| is_our_host(&state.config, host)) {
        let public = state.config.public("/");
        let detail = format!(
            "This server doesn't serve that host. Use {public}, or set TRIBUTARY_PUBLIC_URL to the address that browsers use."
        );
        return AppError::new(ErrorCode::Forbidden, detail).into_response();
    }
    if let Some(origin) = request.headers().get(header::ORIGIN)
        && !origin.to_str().is_ok_and(|origin| is_our_origin(&state.config, origin))
    {
        return cross_site_error().into_response();
    }
    next.run(request).await
}

/// Whether another site had the browser send this request. Programs do not send the header, and neither do browsers that
/// use plain http for another machine.
pub fn is_cross_site(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none")
}

/// Whether a page of ours had the browser send this request, as far as the browser says so.
pub fn is_from_our_page(config: &Config, headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    // Another site can suppress this header, but not forge it.
    headers.get(header::REFERER).and_then(|page| page.to_str().ok()).is_some_and(|page| is_our_origin(config, page))
}

/// The response to a cross-site request.
pub fn cross_site(_: tower_http::csrf::ProtectionError) -> Response {
    cross_site_error().into_response()
}

pub(super) fn cross_site_error() -> AppError {
    let detail = "This request came from another site and was rejected. Open Tributary's own page and try there.";
    AppError::new(ErrorCode::Forbidden, detail)
}

/// Whether a host is ours, as the header `Host` names it.
fn is_our_host(config: &Config, host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let (name, port) = (authority.host(), authority.port_u16());
    let has_user = host.contains('@');
    !has_user && (is_public(config, name, port) || is_this_machine(config, name, port))
}

/// Whether an origin, or the origin of an address, is ours.
fn is_our_origin(config: &Config, address: &str) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    let Some(name) = url.host_str() else { return false };
    (url.scheme() == config.public_url.scheme() && is_public(config, name, url.port()))
        || (url.scheme() == "http" && is_this_machine(config, name, url.port()))
}

/// Whether this is the host of the public URL. `None` is the default port of its scheme.
fn is_public(config: &Config, name: &str, port: Option<u16>) -> bool {
    let default = if config.public_url.scheme() == "https" { 443 } else { 80 };
    config.public_url.host_str().is_some_and(|public| public.eq_ignore_ascii_case(name))
        && config.public_url.port_or_known_default() == Some(port.unwrap_or(default))
}

/// Whether this is this machine at the port that the server listens on.
fn is_this_machine(config: &Config, name: &str, port: Option<u16>) -> bool {
    let listens = config.listen.ip().to_string();
    let is_local = ["localhost", "127.0.0.1", "[::1]", &listens, &format!("[{listens}]")].contains(&name);
    is_local && port.unwrap_or(80) == config.listen.port()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(public: &str) -> Config {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data").display().to_string();
        let variables = |name: &str| match name {
            "TRIBUTARY_PUBLIC_URL" => Some(public.to_owned()),
            "TRIBUTARY_DATA_DIR" => Some(data.clone()),
            _ => None,
        };
        Config::read(&variables).unwrap()
    }

    #[test]
    fn only_our_own_hosts_are_known() {
        let local = config("http://localhost:8000");
        for (host, ours) in [
            ("localhost:8000", true),
            ("LOCALHOST:8000", true),
            ("127.0.0.1:8000", true),
            ("[::1]:8000", true),
            ("localhost", false),
            ("localhost:80", false),
            ("localhost:8001", false),
            ("evil.example:8000", false),
            ("evil@localhost:8000", false),
            ("localhost:8000.evil.example", false),
            ("localhost.evil.example:8000", false),
            ("", false),
        ] {
            assert_eq!(is_our_host(&local, host), ours, "{host}");
        }
        let public = config("https://tributary.example.com");
        for (host, ours) in [
            ("tributary.example.com", true),
            ("tributary.example.com:443", true),
            ("tributary.example.com:80", false),
            ("tributary.example.com:8000", false),
            ("example.com", false),
            ("127.0.0.1:8000", true),
        ] {
            assert_eq!(is_our_host(&public, host), ours, "{host}");
        }
        assert!(is_our_host(&config("http://tributary.example.com"), "tributary.example.com:80"));
    }

    #[test]
    fn an_origin_is_ours_only_with_its_scheme() {
        let public = config("https://tributary.example.com");
        for (origin, ours) in [
            ("https://tributary.example.com", true),
            ("https://tributary.example.com:443", true),
            ("https://tributary.example.com/?org_id=acme", true),
            ("http://tributary.example.com", false),
            ("http://tributary.example.com:443", false),
            ("https://tributary.example.com:8443", false),
            ("https://tributary.example.com.evil.example", false),
            ("https://tributary.example.com@evil.example", false),
            ("http://localhost:8000", true),
            ("https://localhost:8000", false),
            ("null", false),
        ] {
            assert_eq!(is_our_origin(&public, origin), ours, "{origin}");
        }
        assert!(is_our_origin(&config("http://localhost:8000"), "http://localhost:8000"));
        assert!(!is_our_origin(&config("http://localhost:8000"), "https://localhost:8000"));
    }

    #[test]
    fn a_browser_without_fetch_metadata_tells_our_pages_by_their_address() {
        let config = config("http://tributary.example.com");
        let from = |name: &'static str, value: &'static str| {
            is_from_our_page(&config, &HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]))
        };
        assert!(from("sec-fetch-site", "same-origin") && from("referer", "http://tributary.example.com/?user_id=ada"));
        assert!(!from("sec-fetch-site", "none") && !from("sec-fetch-site", "cross-site"));
        assert!(!from("referer", "http://evil.example/") && !from("accept", "text/html"));
    }
}
