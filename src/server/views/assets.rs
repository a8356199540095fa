//! Static files, which are compiled into the binary: WASM, scripts, style sheets, the icon.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, StatusCode, Uri, header};
use rust_embed::{Embed, EmbeddedFile};

use crate::model::{AppError, ErrorCode};

/// The output of `cargo leptos build`. A binary built without it has no files, so its page has no style.
#[derive(Embed)]
#[folder = "target/site"]
#[allow_missing = true]
struct Site;

/// The precompressed variants, best first: encoding and suffix of the file name.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// Any path without a route of its own: a file, or 404.
pub async fn asset(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    match Site::get(path) {
        Some(plain) if method == Method::GET || method == Method::HEAD => serve(path, plain, &headers),
        _ => AppError::new(ErrorCode::NotFound, "There's nothing at this address.").into_response(),
    }
}

fn serve(path: &str, plain: EmbeddedFile, headers: &HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // Of the plain file: the suffix of a compressed one has a type of its own.
    let plain_type = plain.metadata.mimetype().to_owned();
    let encoded = ENCODINGS.iter().filter(|(encoding, _)| accepts(accepted, encoding));
    let encoded =
        encoded.filter_map(|(encoding, suffix)| Some((*encoding, Site::get(&format!("{path}{suffix}"))?))).next();
    let (encoding, file) = match encoded {
        Some((encoding, file)) => (Some([(header::CONTENT_ENCODING, encoding)]), file),
        None => (None, plain),
    };

    let hash: String = file.metadata.sha256_hash().iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    let content_type = content_type(&plain_type);
    let tag = format!("\"{hash}\"");
    // File names do not change with their content, so browsers revalidate each time, and mostly get a 304.
    let common = [
        (header::ETAG, tag.clone()),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
        (header::VARY, "accept-encoding".to_owned()),
    ];
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    (common, [(header::CONTENT_TYPE, content_type)], encoding, file.data).into_response()
}

fn accepts(header: &str, encoding: &str) -> bool {
    header.split(',').any(|one| one.split(';').next().is_some_and(|name| name.trim() == encoding))
}

/// A MIME type with its character set: text files are UTF-8.
fn content_type(mime_type: &str) -> String {
    if mime_type.starts_with("text/") { format!("{mime_type}; charset=utf-8") } else { mime_type.to_owned() }
}
