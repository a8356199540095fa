//! Fuzz target: error responses of the data APIs.

use proptest::prelude::*;
use serde_json::json;

use super::error::error_code;
use crate::server::{
    fuzzing::{fuzz, text},
    providers::{self, any_json},
};

#[test]
fn no_text_of_a_provider_passes_as_an_error_code() {
    let code = prop_oneof!["[A-Z_]{1,70}", text()];
    let body = code.prop_flat_map(|code| {
        let object = json!({"category": code, "code": code, "error": {"type": code}, "errors": [{"error": code}]});
        any_json::damaged(Just(object).boxed()).prop_map(|json| json.to_string())
    });
    fuzz("provider-errors", &prop_oneof![8 => body, 1 => text()], |body| {
        for provider in providers::ALL {
            if let Some(code) = error_code(body.as_bytes(), provider.error_code_at) {
                let is_code = code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                prop_assert!(is_code, "{code:?}");
            }
        }
        Ok(())
    });
}
