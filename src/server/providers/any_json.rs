//! Arbitrary JSON within a provider's schema, for property tests that no such record is lost or causes a panic.

use proptest::{collection, option, prelude::*};
use serde_json::{Map, Value};

use super::Batch;
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

/// The same value with a few of its parts replaced or removed.
pub(super) fn damaged(valid: Json) -> Json {
    let plain = ["null", "false", "true", "0", "-1", "1e300", "\"\"", "\"é\"", "[]", "[[]]", "{}"].map(value).to_vec();
    let replacement = prop_oneof![2 => proptest::sample::select(plain), 1 => anything()];
    let damage = (any::<proptest::sample::Index>(), option::weighted(0.8, replacement));
    (valid, collection::vec(damage, 0..3))
        .prop_map(|(mut value, damages)| {
            for (at, replacement) in damages {
                let mut left = at.index(parts(&value));
                damage_part(&mut value, &mut left, &replacement);
            }
            value
        })
        .boxed()
}

/// The number of values in a value, itself included.
fn parts(value: &Value) -> usize {
    1 + match value {
        Value::Array(values) => values.iter().map(parts).sum(),
        Value::Object(members) => members.values().map(parts).sum(),
        _ => 0,
    }
}

/// Replaces or removes the part after `left` others. Returns whether the value itself has to be removed.
fn damage_part(value: &mut Value, left: &mut usize, replacement: &Option<Value>) -> bool {
    if *left == 0 {
        *left = usize::MAX;
        if let Some(replacement) = replacement {
            value.clone_from(replacement);
        }
        return replacement.is_none();
    }
    *left = left.saturating_sub(usize::from(*left != usize::MAX));
    match value {
        Value::Array(values) => values.retain_mut(|value| !damage_part(value, left, replacement)),
        Value::Object(members) => members.retain(|_, value| !damage_part(value, left, replacement)),
        _ => {}
    }
    false
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

/// The JSON of a body that was read.
pub(super) fn value(body: &str) -> Value {
    serde_json::from_str(body).unwrap_or_default()
}

/// Fails if a record of the list at this JSON pointer became neither an item nor a skipped record, or if an item lacks
/// something that every item has.
pub(super) fn check_batch(batch: &Batch, body: &str, pointer: &str) -> Result<(), TestCaseError> {
    let body = value(body);
    let records = body.pointer(pointer).and_then(Value::as_array).map(Vec::len);
    prop_assert_eq!(Some(batch.items.len() + batch.skipped.len()), records);
    for item in &batch.items {
        let written = serde_json::to_value(item).expect("an item can be written");
        prop_assert_eq!(written.as_object().map(Map::len), Some(14), "all keys of the contract");
        prop_assert!(!item.kind.is_empty(), "an item has a type");
    }
    for record in &batch.skipped {
        let is_plain = record.id.as_ref().is_none_or(|id| id.len() <= 64 && id.is_ascii());
        prop_assert!(is_plain && record.reason.len() < 300, "{:?}", record);
    }
    Ok(())
}
