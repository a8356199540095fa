use proptest::prelude::*;

use super::*;
use crate::server::providers::any_json;

/// `SimplePublicObjectWithAssociations` of the OpenAPI of 2026-03; a value may be null, as observed.
fn any_record() -> any_json::Json {
    any_json::object(
        vec![
            ("id", any_json::id()),
            (
                "properties",
                any_json::map(
                    "[a-z_]{1,9}|name|email|firstname|dealname",
                    any_json::one_of(vec![any_json::text(), any_json::null()]),
                ),
            ),
            ("createdAt", any_json::time()),
            ("updatedAt", any_json::time()),
            ("archived", any_json::boolean()),
        ],
        vec![
            ("archivedAt", any_json::time()),
            ("url", any_json::text()),
            ("associations", any_json::anything()),
            ("propertiesWithHistory", any_json::anything()),
            ("objectWriteTraceId", any_json::text()),
        ],
    )
}

proptest! {
    #[test]
    fn every_record_within_the_schema_becomes_an_item(records in any_json::list(any_record())) {
        for object in [&CONTACTS, &COMPANIES, &DEALS] {
            let reply = serde_json::json!({"results": records}).to_string();
            let Records { good, skipped } = serde_json::from_str::<Reply>(&reply).unwrap().results;
            prop_assert_eq!(skipped, []);
            for (record, value) in good.into_iter().zip(records.as_array().unwrap()) {
                let item = item(object, record, None);
                any_json::check(&item, value)?;
                prop_assert!(item.name.is_some() && item.creation_time.is_some() && item.last_modified_time.is_some());
            }
        }
    }
}

fn mapped(object: &Object, properties: &str) -> IntegrationItem {
    let record = format!(
        r#"{{"id":"7","properties":{properties},"createdAt":"2026-01-02T03:04:05Z","updatedAt":"2026-02-03T04:05:06.700Z","archived":false}}"#
    );
    item(object, serde_json::from_str(&record).unwrap(), Some("https://app.hubspot.com/contacts/1"))
}

#[test]
fn names_fall_back_in_the_order_of_the_contract() {
    for (object, properties, name) in [
        (&CONTACTS, r#"{"firstname":"Ada","lastname":"Lovelace"}"#, "Ada Lovelace"),
        (&CONTACTS, r#"{"firstname":null,"lastname":"Lovelace"}"#, "Lovelace"),
        (&CONTACTS, r#"{"firstname":"","email":"ada@example.com"}"#, "ada@example.com"),
        (&CONTACTS, "{}", "Contact 7"),
        (&COMPANIES, r#"{"name":"Acme","domain":"acme.com"}"#, "Acme"),
        (&COMPANIES, r#"{"name":null,"domain":"acme.com"}"#, "acme.com"),
        (&COMPANIES, "{}", "Company 7"),
        (&DEALS, r#"{"dealname":"Big one"}"#, "Big one"),
        (&DEALS, "{}", "Deal 7"),
    ] {
        assert_eq!(mapped(object, properties).name.as_deref(), Some(name), "{properties}");
    }
}

#[test]
fn a_record_without_a_url_gets_one() {
    let item = mapped(&DEALS, "{}");
    assert_eq!(item.url.as_deref(), Some("https://app.hubspot.com/contacts/1/record/0-3/7"));
    assert_eq!((item.kind.as_str(), item.directory, item.visibility), ("deal", false, true));
    assert_eq!(item.creation_time.as_deref(), Some("2026-01-02T03:04:05Z"));
}
