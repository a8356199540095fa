//! The parameters of the authorize page. The redirect URI is checked first, because all later errors are reported
//! through it.

use std::net::Ipv4Addr;

use url::{Host, Url};

use crate::airtable::{form::Fields, oauth::scopes};

/// A valid request.
pub(crate) struct AuthorizationRequest {
    pub client_id: String,
    pub redirect_uri: Url,
    /// The redirect URI exactly as it was sent; the token request must repeat it.
    pub raw_redirect_uri: String,
    pub scopes: Vec<String>,
    pub challenge: String,
    state: String,
}

/// How an invalid request is reported.
pub(crate) enum RequestError {
    /// To the app: the browser is redirected to this URL.
    Redirect(Url),
    /// To the user: the page shows this sentence.
    Page(&'static str),
}

const PARAMETERS: [&str; 7] =
    ["client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "code_challenge_method"];

impl AuthorizationRequest {
    pub(crate) fn read(query: &str) -> Result<Self, RequestError> {
        let fields = Fields::parse(query.as_bytes());
        let client_id = fields.get("client_id").ok_or(RequestError::Page("The request has no client_id."))?;
        if client_id.starts_with("wrong") {
            return Err(RequestError::Page("There is no integration with this client_id."));
        }
        let raw_redirect_uri = fields.get("redirect_uri").unwrap_or_default();
        let redirect_uri = parse_redirect_uri(raw_redirect_uri).map_err(RequestError::Page)?;
        let redirect = |error: &str, description: &str| {
            let mut url = redirect_uri.clone();
            url.query_pairs_mut().append_pair("error", error).append_pair("error_description", description);
            if let Some(state) = fields.get("state") {
                url.query_pairs_mut().append_pair("state", state);
            }
            RequestError::Redirect(url)
        };
        if let Some(name) = fields.repeated(&PARAMETERS) {
            return Err(redirect("invalid_request", &format!("The parameter {name} must not be repeated")));
        }
        match fields.get("response_type") {
            Some("code") => {}
            Some(_) => return Err(redirect("unsupported_response_type", "The response_type must be code")),
            None => return Err(redirect("invalid_request", "The parameter response_type is required")),
        }
        let state = fields.get("state").filter(|state| is_opaque_value(state, 16, 1024)).ok_or_else(|| {
            redirect("invalid_request", "The parameter state must be 16 to 1024 of the characters a-z A-Z 0-9 . - _")
        })?;
        if fields.get("code_challenge_method") != Some("S256") {
            return Err(redirect("invalid_request", "The code_challenge_method must be S256"));
        }
        let challenge = fields
            .get("code_challenge")
            .filter(|challenge| challenge.len() == 43 && is_opaque_value(challenge, 43, 43) && !challenge.contains('.'))
            .ok_or_else(|| redirect("invalid_request", "The code_challenge must be a SHA-256 in base64url"))?;
        let scopes = scopes::parse(fields.get("scope").unwrap_or_default())
            .map_err(|description| redirect("invalid_scope", &description))?;
        let (client_id, state, challenge) = (client_id.to_owned(), state.to_owned(), challenge.to_owned());
        Ok(Self { client_id, raw_redirect_uri: raw_redirect_uri.to_owned(), scopes, challenge, state, redirect_uri })
    }

    /// The redirect with a code.
    pub(crate) fn granted(&self, code: &str) -> Url {
        let pairs = [("code", code), ("state", &self.state), ("code_challenge", &self.challenge)];
        self.redirect(&[&pairs[..], &[("code_challenge_method", "S256")]].concat())
    }

    /// The redirect after the user denied access.
    pub(crate) fn denied(&self) -> Url {
        let description = "The user denied the request to access their data";
        self.redirect(&[("error", "access_denied"), ("error_description", description), ("state", &self.state)])
    }

    fn redirect(&self, pairs: &[(&str, &str)]) -> Url {
        let mut url = self.redirect_uri.clone();
        url.query_pairs_mut().extend_pairs(pairs);
        url
    }
}

/// Whether a text has the length and the characters that Airtable requires of states and code verifiers.
pub(crate) fn is_opaque_value(text: &str, min: usize, max: usize) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    (min..=max).contains(&text.len()) && text.bytes().all(is_allowed)
}

/// Airtable's rules for the redirect URIs that an integration may register. The sandbox accepts every URI that follows
/// them, except that Airtable also requires a domain under a public suffix, which `.example` is not.
fn parse_redirect_uri(raw: &str) -> Result<Url, &'static str> {
    let url = Url::parse(raw).map_err(|_| "The redirect_uri is missing or not a URL.")?;
    let is_local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) if address == Ipv4Addr::LOCALHOST => true,
        _ => return Err("The host of the redirect_uri must not be an IP address."),
    };
    match url.scheme() {
        "https" => {}
        "http" if is_local => {}
        _ => return Err("The redirect_uri must begin with https://, or with http:// on localhost."),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("The redirect_uri must not contain a user name.");
    }
    if url.fragment().is_some() || ["..", "*", "%00"].iter().any(|part| raw.contains(part)) {
        return Err("The redirect_uri must not contain a fragment, \"..\", \"*\" or \"%00\".");
    }
    Ok(url)
}
