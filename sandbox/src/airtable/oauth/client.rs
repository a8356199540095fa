//! Client authentication at the token endpoint. An integration with a secret must use HTTP Basic; one without a secret
//! must not, and sends its client id in the body.

use axum::http::{HeaderMap, header};
use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use crate::airtable::form::Fields;

const EITHER_PADDING: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// Airtable documents base64url, and its own sample sends standard base64.
const ENCODINGS: [GeneralPurpose; 2] = [
    GeneralPurpose::new(&alphabet::URL_SAFE, EITHER_PADDING),
    GeneralPurpose::new(&alphabet::STANDARD, EITHER_PADDING),
];

/// The client id, or why the credentials are invalid. In the sandbox, ids that begin with `public-` are integrations
/// without a secret. Ids and secrets that are empty or begin with `wrong` are invalid; all others are accepted.
pub(crate) fn authenticate(headers: &HeaderMap, fields: &Fields<'_>) -> Result<String, &'static str> {
    let in_body = fields.get("client_id");
    let Some(credentials) = headers.get(header::AUTHORIZATION) else {
        let client_id = in_body.ok_or("The client_id is missing")?;
        return match client_id {
            id if is_wrong(id) => Err("The client_id is unknown"),
            id if !is_public(id) => Err("The integration has a secret, so the Authorization header is required"),
            id => Ok(id.to_owned()),
        };
    };
    let (client_id, secret) =
        credentials.to_str().ok().and_then(read).ok_or("The Authorization header is not HTTP Basic")?;
    if in_body.is_some_and(|in_body| in_body != client_id) {
        return Err("The client_id in the body differs from the one in the Authorization header");
    }
    if is_wrong(&client_id) {
        return Err("The client_id is unknown");
    }
    if is_public(&client_id) {
        return Err("The integration has no secret, so there must be no Authorization header");
    }
    if is_wrong(&secret) { Err("The client secret is wrong") } else { Ok(client_id) }
}

fn is_public(client_id: &str) -> bool {
    client_id.starts_with("public-")
}

fn is_wrong(text: &str) -> bool {
    text.is_empty() || text.starts_with("wrong")
}

fn read(credentials: &str) -> Option<(String, String)> {
    let (scheme, encoded) = credentials.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = ENCODINGS.iter().find_map(|encoding| encoding.decode(encoded.trim()).ok())?;
    let decoded = String::from_utf8(decoded).ok()?;
    decoded.split_once(':').map(|(id, secret)| (id.to_owned(), secret.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_base64_alphabets_are_accepted_with_and_without_padding() {
        // "app~?:s>>" has a "+" or "-" and a "/" or "_" in it.
        for encoded in ["YXBwfj86cz4-", "YXBwfj86cz4+", "YTpi", "YTpiYw", "YTpiYw=="] {
            assert!(read(&format!("Basic {encoded}")).is_some(), "{encoded}");
        }
        for broken in ["Bearer YTpi", "Basic", "Basic YQ==", "Basic !"] {
            assert!(read(broken).is_none(), "{broken}");
        }
    }
}
