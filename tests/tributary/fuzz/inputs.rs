//! Fuzz targets: what programs send: bodies in three encodings, and cursors.

use axum::body::Body;
use http::{Request, StatusCode};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};
use tributary::server::fuzzing::{fuzz, mutated, text};

use super::service::Service;
use crate::support::fixtures::API_KEY;

const BOUNDARY: &str = "boundary-of-a-multipart-body";

/// Bytes that are printed as text.
pub struct Raw(pub Vec<u8>);

impl std::fmt::Debug for Raw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "b\"{}\"", self.0.escape_ascii())
    }
}

/// A content type, and a body that may not match it.
pub fn body() -> impl Strategy<Value = (String, Raw)> {
    let names = select(vec!["user_id", "org_id", "provider", "answer", "", "user_id[]", "x"]);
    let fields = vec(
        (names, prop_oneof![2 => text(), 1 => "acme|ada", 1 => (120..140_usize).prop_map(|length| "x".repeat(length))]),
        0..4,
    );
    let form = fields
        .clone()
        .prop_map(|fields| url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish());
    let json = fields.clone().prop_map(|fields| {
        let value = |value: String| match value.len() % 5 {
            0 => Value::Null,
            1 => json!([value]),
            _ => Value::from(value),
        };
        Value::Object(fields.into_iter().map(|(name, text)| (name.to_owned(), value(text))).collect()).to_string()
    });
    let multipart = fields.prop_map(|fields| {
        let part = |(name, value)| {
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        format!("{}--{BOUNDARY}--\r\n", fields.into_iter().map(part).collect::<String>())
    });
    let text = prop_oneof![
        form.clone(),
        json.clone(),
        multipart.clone(),
        mutated(form),
        mutated(json),
        mutated(multipart),
        "[ -~]{17000}"
    ];
    let multipart = format!("multipart/form-data; boundary={BOUNDARY}");
    let types = vec![
        "application/json".to_owned(),
        "application/x-www-form-urlencoded".to_owned(),
        multipart.clone(),
        String::new(),
    ];
    let kind = prop_oneof![8 => select(types), 1 => mutated(Just(multipart)), 1 => "[a-z/; =]{0,20}"];
    let bytes = prop_oneof![8 => text.prop_map(String::into_bytes), 1 => vec(any::<u8>(), 0..200)];
    (kind, bytes.prop_map(Raw))
}

#[test]
fn every_body_is_read_or_refused() {
    let service = Service::start();
    let path = select(vec!["/integrations/hubspot/credentials", "/integrations/notion/load"]);
    fuzz("bodies", &(path, body()), |(path, (kind, Raw(body)))| {
        let request =
            Request::post(path).header("host", &service.host).header("authorization", format!("Bearer {API_KEY}"));
        let Ok(request) = request.header("content-type", kind).body(Body::from(body)) else { return Ok(()) };
        let status = service.send(request)?.status;
        prop_assert!(status.is_client_error(), "nobody is connected: {}", status);
        Ok(())
    });
}

#[test]
fn every_cursor_leads_to_a_page_or_is_refused() {
    let service = Service::start();
    service.runtime.block_on(service.app.connect());
    let date = "(-[0-9]{6}|[01][0-9]{3}|20[0-9]{2}|9999)-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9])";
    let time = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]0[0-9]:00)";
    let time = (date, time).prop_map(|(date, time)| format!("{date}T{time}"));
    let cursor = prop_oneof![3 => time.clone(), 2 => mutated(time), 1 => text()];
    let limit = prop_oneof![4 => "[1-9][0-9]{0,2}", 1 => "-?[0-9]{1,21}", 1 => text()];
    fuzz("cursors", &(cursor, limit), |(before, limit)| {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("org_id", "acme"), ("before", &before), ("limit", &limit)])
            .finish();
        let request = Request::get(format!("/audit.json?{query}"))
            .header("host", &service.host)
            .header("authorization", format!("Bearer {API_KEY}"));
        let answer = service.send(request.body(Body::empty()).unwrap())?;
        prop_assert!(matches!(answer.status, StatusCode::OK | StatusCode::BAD_REQUEST), "{}", answer.status);
        if answer.status == StatusCode::OK {
            let page: Value = serde_json::from_slice(&answer.body).unwrap();
            prop_assert!(page["entries"].is_array());
        }
        Ok(())
    });
}
