//! The page's files, which lie inside the program: WASM, script, style, icon, the popup's script.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, StatusCode, Uri, header};
use leptos_axum::rust_embed::{self, Embed, EmbeddedFile};

use crate::model::{AppError, ErrorCode};

/// What `cargo leptos build` makes. A program built without that has no files, and its page no style.
#[derive(Embed)]
#[folder = "target/site"]
#[allow_missing = true]
struct Site;

/// Precompressed forms, best first: encoding and the ending of their names.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// Any path without a route of its own: a file, or 404.
pub async fn file(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    match Site::get(path) {
        Some(plain) if method == Method::GET || method == Method::HEAD => serve(path, plain, &headers),
        _ => AppError::new(ErrorCode::NotFound, "There is nothing at this address.").into_response(),
    }
}

fn serve(path: &str, plain: EmbeddedFile, headers: &HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let encoded = ENCODINGS.iter().filter(|(encoding, _)| accepts(accepted, encoding));
    let encoded =
        encoded.filter_map(|(encoding, ending)| Some((*encoding, Site::get(&format!("{path}{ending}"))?))).next();
    let (encoding, file) = match encoded {
        Some((encoding, file)) => (Some([(header::CONTENT_ENCODING, encoding)]), file),
        None => (None, plain),
    };

    let hash: String = file.metadata.sha256_hash().iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{hash}\"");
    // Names do not change with their content, so a browser asks each time, and mostly hears that it is up to date.
    let common = [
        (header::ETAG, tag.clone()),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
        (header::VARY, "accept-encoding".to_owned()),
    ];
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    (common, [(header::CONTENT_TYPE, content_type(path))], encoding, file.data).into_response()
}

fn accepts(header: &str, encoding: &str) -> bool {
    header.split(',').any(|one| one.split(';').next().is_some_and(|name| name.trim() == encoding))
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "wasm" => "application/wasm",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}
