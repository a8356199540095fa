//! Fuzz targets: what token endpoints answer.

use proptest::prelude::*;
use serde_json::json;

use super::{
    request::with_standard_error,
    response::{RawResponse, TokenResponse},
};
use crate::server::{
    fuzzing::{fuzz, mutated},
    providers::{self, any_json},
};

fn token_response() -> any_json::Json {
    let valid = json!({
        "access_token": "a", "refresh_token": "r", "token_type": "bearer", "expires_in": 1800, "refresh_expires_in": 5184000,
        "scope": "data.records:read schema.bases:read", "scopes": ["oauth", "crm.objects.deals.read"], "hub_id": 1,
    });
    any_json::damaged(Just(valid).boxed())
}

#[test]
fn a_token_response_is_read_or_refused() {
    let input = prop_oneof![
        4 => token_response().prop_map(|json| json.to_string()),
        1 => mutated(token_response().prop_map(|json| json.to_string())),
    ];
    fuzz("token-responses", &input, |body| {
        let Ok(raw) = serde_json::from_str::<RawResponse>(&body) else { return Ok(()) };
        for provider in providers::ALL {
            let response = TokenResponse::new(&raw, &provider.oauth);
            let plaintext = response.to_plaintext().unwrap();
            let restored = TokenResponse::parse(&plaintext).map(|response| response.to_plaintext().unwrap().to_vec());
            prop_assert_eq!(restored.ok(), Some(plaintext.to_vec()), "what is sealed can be read again");
        }
        Ok(())
    });
}

#[test]
fn an_error_of_a_token_endpoint_is_read_or_passed_on() {
    let valid =
        json!({"error": "invalid_grant", "error_description": "x", "status": "BAD_REFRESH_TOKEN", "message": "y"});
    let input = prop_oneof![
        4 => any_json::damaged(Just(valid).boxed()).prop_map(|json| json.to_string().into_bytes()),
        1 => proptest::collection::vec(any::<u8>(), 0..100),
    ];
    fuzz("token-endpoint-errors", &input, |body| {
        for provider in providers::ALL {
            let standard = with_standard_error(body.clone(), provider.oauth.error_fields);
            let is_object =
                |body: &[u8]| serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(body).is_ok();
            prop_assert_eq!(is_object(&standard), is_object(&body));
        }
        Ok(())
    });
}
