//! Fuzz target: pages of HubSpot's lists.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::server::{
    fuzzing::{fuzz, mutated},
    providers::{any_json, records::from_object},
};

#[test]
fn a_page_of_hubspot_is_read_or_refused() {
    let record = |id: &str| {
        json!({
            "id": id, "properties": {"firstname": "Ada", "email": null, "name": "Acme", "dealname": "x"}, "archived": false,
            "createdAt": "2026-01-02T03:04:05Z", "updatedAt": "2026-02-03T04:05:06.700Z", "url": "https://app.hubspot.com/1",
        })
    };
    let valid =
        json!({"results": [record("1"), record("2"), record("3")], "paging": {"next": {"after": "3", "link": "x"}}});
    let body = any_json::damaged(Just(valid).boxed()).prop_map(|json| json.to_string());
    fuzz("hubspot-pages", &prop_oneof![6 => body.clone(), 1 => mutated(body)], |body| {
        let Ok(reply) = from_object::<Reply>(body.as_bytes()) else { return Ok(()) };
        for object in [&CONTACTS, &COMPANIES, &DEALS] {
            let reply: Reply = from_object(body.as_bytes()).unwrap();
            let batch = reply.results.into_batch(|record| item(object, record, None));
            any_json::check_batch(&batch, &body, "/results")?;
            prop_assert!(batch.items.iter().all(|item| item.kind == object.kind));
        }
        let next = reply.paging.and_then(|paging| paging.next).map(|next| next.after);
        if let Some(after) = any_json::value(&body).pointer("/paging/next/after") {
            prop_assert_eq!(next.as_deref(), after.as_str());
        }
        Ok(())
    });
}
