//! Consent pages: plain HTML whose content security policy allows its own style sheet and nothing else.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use url::Url;

/// A whole page. `provider` is the provider's name; `content` is HTML.
pub(crate) fn document(provider: &str, style: &str, title: &str, content: &str) -> String {
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
         <title>{title} · {provider} sandbox</title><style>{style}</style>\
         <main><p class=name>{provider} sandbox</p>\
         <p class=note>This is Tributary's sandbox, not {provider}. The account and everything in it is made up.</p>{content}</main></html>"
    )
}

/// The content of a page for an invalid authorization request. `problem` is a sentence.
pub(crate) fn invalid_link(problem: &str) -> String {
    format!("<h1>This link cannot be used</h1><p>{}</p><p>Go back to the app and try again.</p>", escape(problem))
}

/// A response with a page whose one style sheet is `style`. Browsers apply `form-action` to the redirect after the form
/// as well, so the policy includes the origin of `returns_to`.
pub(crate) fn response(status: StatusCode, html: String, style: &str, returns_to: Option<&Url>) -> Response {
    let target = returns_to.map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    let style = STANDARD.encode(Sha256::digest(style));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'self' {target}; base-uri 'none'; frame-ancestors 'none'"
    );
    let policy = HeaderValue::from_str(&policy).unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html;charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (status, headers, html).into_response()
}

pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
