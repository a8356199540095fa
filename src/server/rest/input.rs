//! `user_id` and `org_id` from a form, a multipart form, a JSON body or a query, with a clear error for each mistake.

use std::collections::HashMap;

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Multipart, Request},
};
use http::{Method, StatusCode, header, request::Parts};
use serde_json::Value;

use crate::model::{AppError, ErrorCode, Subject};

/// The subject in the body of a request.
pub(super) struct Fields(pub(super) Subject);

/// The subject in the query of a request.
pub(super) struct QueryFields(pub(super) Subject);

/// The subject in the query, or else in the body: for DELETE, since not every client can send a body with it.
pub(super) struct QueryOrFields(pub(super) Subject);

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &S) -> Result<Self, AppError> {
        let content_type =
            request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let content_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let fields = match content_type.as_str() {
            "multipart/form-data" => multipart(request, state).await?,
            "application/json" => json(&body(request, state).await?)?,
            "application/x-www-form-urlencoded" => form(&body(request, state).await?),
            "" => form(&body(request, state).await?),
            other => {
                let detail = format!("The body is {other}. Send a form or JSON with user_id and org_id.");
                return Err(AppError::new(ErrorCode::InvalidInput, detail));
            }
        };
        subject(fields).map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for QueryFields {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AppError> {
        subject(form(parts.uri.query().unwrap_or_default().as_bytes())).map(Self)
    }
}

impl<S: Send + Sync> FromRequest<S> for QueryOrFields {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &S) -> Result<Self, AppError> {
        debug_assert_eq!(request.method(), Method::DELETE);
        match request.uri().query() {
            Some(query) => subject(form(query.as_bytes())).map(Self),
            None => Fields::from_request(request, state).await.map(|Fields(subject)| Self(subject)),
        }
    }
}

async fn body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, AppError> {
    Bytes::from_request(request, state).await.map_err(|rejection| unreadable(rejection.status()))
}

async fn multipart<S: Send + Sync>(request: Request, state: &S) -> Result<HashMap<String, String>, AppError> {
    let mut parts =
        Multipart::from_request(request, state).await.map_err(|rejection| unreadable(rejection.status()))?;
    let mut fields = HashMap::new();
    while let Some(part) = parts.next_field().await.map_err(|error| unreadable(error.status()))? {
        let name = part.name().unwrap_or_default().to_owned();
        fields.insert(name, part.text().await.map_err(|error| unreadable(error.status()))?);
    }
    Ok(fields)
}

fn form(encoded: &[u8]) -> HashMap<String, String> {
    form_urlencoded::parse(encoded).into_owned().collect()
}

fn json(body: &[u8]) -> Result<HashMap<String, String>, AppError> {
    let Ok(Value::Object(object)) = serde_json::from_slice(body) else {
        return Err(AppError::new(
            ErrorCode::InvalidInput,
            "The body isn't a JSON object. Send {\"user_id\": \"…\", \"org_id\": \"…\"}.",
        ));
    };
    let text = |(name, value)| match value {
        Value::String(text) => Ok((name, text)),
        _ => Err(AppError::new(ErrorCode::InvalidInput, format!("{name} has to be a string."))),
    };
    object.into_iter().filter(|(name, _)| ["user_id", "org_id"].contains(&name.as_str())).map(text).collect()
}

fn subject(mut fields: HashMap<String, String>) -> Result<Subject, AppError> {
    let mut required = |name: &str| {
        fields
            .remove(name)
            .ok_or_else(|| AppError::new(ErrorCode::MissingField, format!("The field {name} is missing.")))
    };
    let (user_id, org_id) = (required("user_id")?, required("org_id")?);
    Subject::new(org_id, user_id)
}

fn unreadable(status: StatusCode) -> AppError {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => {
            AppError::new(ErrorCode::TooLarge, "The body is larger than 16 KB. Send only user_id and org_id.")
        }
        _ => AppError::new(ErrorCode::InvalidInput, "The body doesn't match its Content-Type, so it can't be read."),
    }
}
