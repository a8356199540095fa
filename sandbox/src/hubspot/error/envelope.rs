//! The body of an error, with its fields in HubSpot's order. Fields that are not set are omitted.

use std::{borrow::Cow, collections::BTreeMap};

use axum::http::StatusCode;
use serde::Serialize;

/// Details of an error: lists of strings by name.
pub(crate) type Context = BTreeMap<&'static str, Vec<String>>;

#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Envelope {
    #[serde(skip)]
    pub code: StatusCode,
    #[serde(skip)]
    pub retry_after: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none", rename = "error")]
    pub oauth_error: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none", rename = "error_description")]
    pub oauth_description: Option<&'static str>,
    pub status: Cow<'static, str>,
    pub message: Cow<'static, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_type: Option<&'static str>,
    pub correlation_id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Detail>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub context: Context,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub links: BTreeMap<&'static str, &'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_name: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Detail {
    pub message: &'static str,
    pub context: Context,
}
