//! Arbitrary JSON within a provider's schema, for property tests that no such record is lost or causes a panic.

use proptest::{collection, option, prelude::*};
use serde_json::{Map, Value};

use crate::model::IntegrationItem;

/// A strategy for JSON values.
pub(super) type Json = BoxedStrategy<Value>;

pub(super) fn text() -> Json {
    ".{0,20}".prop_map(Value::from).boxed()
}

pub(super) fn id() -> Json {
    "[A-Za-z0-9-]{1,20}".prop_map(Value::from).boxed()
}

/// One of six ids, so that records refer to each other.
pub(super) fn near_id() -> Json {
    "[a-f]".prop_map(Value::from).boxed()
}

/// A time in the form that all providers use.
pub(super) fn time() -> Json {
    "20[0-9]{2}-0[1-9]-[12][0-9]T[01][0-9]:[0-5][0-9]:[0-5][0-9]\\.[0-9]{3}Z".prop_map(Value::from).boxed()
}

pub(super) fn boolean() -> Json {
    any::<bool>().prop_map(Value::from).boxed()
}

pub(super) fn number() -> Json {
    prop_oneof![any::<i64>().prop_map(Value::from), (-1e12..1e12_f64).prop_map(Value::from)].boxed()
}

pub(super) fn null() -> Json {
    Just(Value::Null).boxed()
}

pub(super) fn constant(word: &'static str) -> Json {
    Just(Value::from(word)).boxed()
}

/// Any JSON value.
pub(super) fn anything() -> Json {
    let leaf = prop_oneof![null(), boolean(), number(), text()];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let members = collection::btree_map("[a-z_]{1,8}", inner.clone(), 0..4);
        prop_oneof![
            collection::vec(inner, 0..4).prop_map(Value::from),
            members.prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
    .boxed()
}

pub(super) fn one_of(choices: Vec<Json>) -> Json {
    proptest::strategy::Union::new(choices).boxed()
}

pub(super) fn list(of: Json) -> Json {
    collection::vec(of, 0..5).prop_map(Value::from).boxed()
}

/// An object with all of `required`, and any of `optional`.
pub(super) fn object(required: Vec<(&'static str, Json)>, optional: Vec<(&'static str, Json)>) -> Json {
    let field = |(name, value): (&'static str, Json)| value.prop_map(move |value| Some((name, value))).boxed();
    let perhaps = |(name, value): (&'static str, Json)| {
        option::of(value).prop_map(move |value| value.map(|value| (name, value))).boxed()
    };
    let fields: Vec<_> = required.into_iter().map(field).chain(optional.into_iter().map(perhaps)).collect();
    fields
        .prop_map(|fields| {
            Value::Object(fields.into_iter().flatten().map(|(name, value)| (name.to_owned(), value)).collect())
        })
        .boxed()
}

/// An object with arbitrary names.
pub(super) fn map(names: &'static str, of: Json) -> Json {
    collection::btree_map(names, of, 0..6).prop_map(|map| Value::Object(map.into_iter().collect::<Map<_, _>>())).boxed()
}

/// Fails if the item lacks something that every item has.
pub(super) fn check(item: &IntegrationItem, record: &Value) -> Result<(), TestCaseError> {
    let written = serde_json::to_value(item).expect("an item can be written");
    prop_assert_eq!(written.as_object().map(Map::len), Some(14), "all keys of the contract");
    prop_assert_eq!(&written["id"], &record["id"]);
    prop_assert!(written["type"].as_str().is_some_and(|kind| !kind.is_empty()));
    prop_assert!(item.name.as_ref().is_none_or(|name| !name.trim().is_empty()), "a name is not empty");
    Ok(())
}
