//! Fuzz targets: the ids of users and organisations, and the keys that are made from them.

use proptest::prelude::*;

use super::ConnectionKey;
use crate::{
    model::Subject,
    server::fuzzing::{fuzz, mutated, text},
};

fn id() -> BoxedStrategy<String> {
    let short = prop_oneof!["[A-C:/%. ]{1,4}", Just("%2F".to_owned()), Just("..".to_owned())];
    prop_oneof![3 => short, 2 => text(), 1 => "[a\u{301}]{120,140}"].boxed()
}

#[test]
fn ids_are_refused_or_lead_to_a_key_of_their_own() {
    fuzz("ids", &(id(), id(), id(), id()), |(org, user, other_org, other_user)| {
        let is_valid = |id: &str| (1..=128).contains(&id.chars().count()) && !id.chars().any(char::is_control);
        let subject = Subject::new(org.clone(), user.clone());
        prop_assert_eq!(subject.is_ok(), is_valid(&org) && is_valid(&user));
        let Ok(subject) = subject else { return Ok(()) };
        let key = ConnectionKey::new(&subject, "notion").unwrap().to_string();
        let parsed = ConnectionKey::parse(&key).map(|key| key.subject);
        prop_assert_eq!(parsed.as_ref(), Some(&subject), "a key leads back to its ids");
        let query: Vec<_> = form_urlencoded::parse(subject.query().as_bytes()).into_owned().collect();
        prop_assert_eq!(query, [("org_id".to_owned(), org.clone()), ("user_id".to_owned(), user.clone())]);
        if let Ok(other) = Subject::new(other_org.clone(), other_user.clone()) {
            let other = ConnectionKey::new(&other, "notion").unwrap().to_string();
            prop_assert_eq!(key == other, (org, user) == (other_org, other_user), "one key for each pair");
        }
        Ok(())
    });
}

#[test]
fn a_key_that_is_read_from_the_store_is_refused_or_leads_back_to_itself() {
    let valid = Just("connection/hubspot/acme/ada%40example%2Ecom".to_owned());
    fuzz("connection-keys", &prop_oneof![3 => mutated(valid), 1 => text()], |text| {
        if let Some(key) = ConnectionKey::parse(&text) {
            let again = ConnectionKey::parse(&key.to_string()).map(|key| key.to_string());
            prop_assert_eq!(again, Some(key.to_string()));
        }
        Ok(())
    });
}
