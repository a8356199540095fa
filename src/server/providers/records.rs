//! Lists of records that are read one by one: a record outside the provider's schema is skipped, and costs no other.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _, SeqAccess, Visitor},
};
use serde_json::{Value, value::RawValue};

use super::Batch;
use crate::model::{IntegrationItem, SkippedRecord};

/// The maximum number of records of one list that are skipped. A list with more of them is an unreadable response; the
/// largest page of any provider has 1,000 records.
const MAX_SKIPPED: usize = 1_000;

/// The maximum length of an id, and of the path to a field, in characters.
const MAX_NAME: usize = 64;

/// A list in a response.
#[derive(Debug)]
pub struct Records<T> {
    /// In the provider's order.
    pub good: Vec<T>,
    pub skipped: Vec<SkippedRecord>,
}

impl<T> Default for Records<T> {
    fn default() -> Self {
        Self { good: Vec::new(), skipped: Vec::new() }
    }
}

impl<T> Records<T> {
    /// The items that the records become.
    pub fn into_batch(self, item: impl FnMut(T) -> IntegrationItem) -> Batch {
        Batch { items: self.good.into_iter().map(item).collect(), streams: Vec::new(), skipped: self.skipped }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Records<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(OneByOne(PhantomData))
    }
}

struct OneByOne<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for OneByOne<T> {
    type Value = Records<T>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Records<T>, A::Error> {
        let mut records = Records::default();
        while let Some(text) = list.next_element::<&'de RawValue>()? {
            match from_object(text.get().as_bytes()) {
                Ok(record) => records.good.push(record),
                Err(_) if records.skipped.len() == MAX_SKIPPED => return Err(A::Error::custom("too many odd records")),
                Err(_) => records.skipped.push(skipped::<T>(text.get())),
            }
        }
        Ok(records)
    }
}

/// Parses an object. The types of responses would accept an array too, as the values of their fields in order, so that `[[]]`
/// would be an empty list of records.
pub(super) fn from_object<T: DeserializeOwned>(json: &[u8]) -> serde_json::Result<T> {
    if json.trim_ascii_start().first() == Some(&b'[') {
        return Err(serde_json::Error::custom("an array instead of an object"));
    }
    serde_json::from_slice(json)
}

fn skipped<T: DeserializeOwned>(text: &str) -> SkippedRecord {
    let id = match serde_json::from_str::<Value>(text).ok().as_ref().and_then(|record| record.get("id")) {
        Some(Value::String(id)) => Some(id.clone()),
        Some(Value::Number(id)) => Some(id.to_string()),
        _ => None,
    };
    let is_plain = |id: &String| is_name(id, |letter| matches!(letter, '-' | '_'));
    SkippedRecord { id: id.filter(is_plain), reason: mismatch::<T>(text.as_bytes()) }
}

/// How JSON differs from what a type requires, such as `archived is null instead of a boolean`. It contains no values, and
/// the name of a field only if it looks like an identifier.
pub(super) fn mismatch<T: DeserializeOwned>(json: &[u8]) -> String {
    let unknown = || "it isn't in the documented form".to_owned();
    let parsed = serde_path_to_error::deserialize::<_, T>(&mut serde_json::Deserializer::from_slice(json));
    // Only `from_object` refuses it.
    let Err(error) = parsed else { return "it is an array instead of an object".to_owned() };
    let (path, message) = (error.path().to_string(), error.inner().to_string());
    let path = match path.as_str() {
        "." => None,
        path if is_name(path, |letter| matches!(letter, '-' | '_' | '.' | '[' | ']')) => Some(path),
        _ => Some("a field"),
    };
    if let Some(field) = message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
        return path.map_or_else(|| format!("{field} is missing"), |path| format!("{path}.{field} is missing"));
    }
    // What was found may include the value itself, so only its first word is used. What was expected is our own text.
    let Some((found, expected)) =
        message.strip_prefix("invalid type: ").and_then(|types| types.rsplit_once(", expected "))
    else {
        return path.map_or_else(unknown, |path| format!("{path} isn't in the documented form"));
    };
    let found = match found.split(' ').next().unwrap_or_default() {
        "null" | "unit" => "null",
        "boolean" => "a boolean",
        "integer" | "floating" | "number" => "a number",
        "string" => "a string",
        "sequence" => "an array",
        "map" => "an object",
        _ => "something else",
    };
    let expected = match expected.split(" at line ").next().unwrap_or_default() {
        expected if expected.starts_with("struct ") || expected == "a map" => "an object",
        "a sequence" => "an array",
        expected => expected,
    };
    format!("{} is {found} instead of {expected}", path.unwrap_or("it"))
}

fn is_name(text: &str, is_allowed: impl Fn(char) -> bool) -> bool {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || is_allowed(letter);
    !text.is_empty() && text.len() <= MAX_NAME && text.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only parsing is tested")]
    struct Record {
        id: String,
        #[serde(default)]
        archived: bool,
        parent: Option<Parent>,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only parsing is tested")]
    struct Parent {
        name: String,
    }

    #[test]
    fn an_odd_record_is_skipped_with_its_id_and_a_reason_without_values() {
        let long = format!(r#"{{"id":"{}","archived":1}}"#, "a".repeat(65));
        for (record, id, reason) in [
            (r#"{"id":"7","archived":null}"#, Some("7"), "archived is null instead of a boolean"),
            (r#"{"archived":false}"#, None, "id is missing"),
            (r#"{"id":8}"#, Some("8"), "id is a number instead of a string"),
            (
                r#"{"id":"a","archived":"secret, expected nothing"}"#,
                Some("a"),
                "archived is a string instead of a boolean",
            ),
            (r#"{"id":"a","parent":{}}"#, Some("a"), "parent.name is missing"),
            (r#"{"id":"a","parent":{"name":[1]}}"#, Some("a"), "parent.name is an array instead of a string"),
            (r#"{"id":"<b>","archived":{}}"#, None, "archived is an object instead of a boolean"),
            (&long, None, "archived is a number instead of a boolean"),
            (r#""text""#, None, "it is a string instead of an object"),
            ("null", None, "it is null instead of an object"),
            (r#"["7", false, null]"#, None, "it is an array instead of an object"),
            (r#"{"id":"a\ud800"}"#, None, "id isn't in the documented form"),
        ] {
            let list = format!(r#"[{{"id":"1"}}, {record}, {{"id":"2"}}]"#);
            let records: Records<Record> = serde_json::from_str(&list).unwrap();
            assert_eq!(records.good.iter().map(|good| good.id.as_str()).collect::<Vec<_>>(), ["1", "2"], "{record}");
            let expected = SkippedRecord { id: id.map(str::to_owned), reason: reason.to_owned() };
            assert_eq!(records.skipped, [expected], "{record}");
        }
    }

    #[test]
    fn a_response_that_is_an_array_is_not_an_empty_list() {
        for response in ["[[]]", " [[], null]", "[]"] {
            assert!(from_object::<Record>(response.as_bytes()).is_err(), "{response}");
        }
        assert_eq!(mismatch::<Record>(br#"["7", false, null]"#), "it is an array instead of an object");
    }

    #[test]
    fn a_list_that_is_no_list_or_holds_nothing_but_odd_records_without_end_is_an_error() {
        for list in ["{}", "null", "[1", &format!("[{}0]", "0,".repeat(MAX_SKIPPED))] {
            assert!(serde_json::from_str::<Records<Record>>(list).is_err());
        }
        assert_eq!(mismatch::<Records<Record>>(b"{}"), "it is an object instead of an array");
    }
}
