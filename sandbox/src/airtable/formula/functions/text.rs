//! Text functions. Positions and lengths count characters, from 1.

use super::{Function, UNLIMITED, Value, values};

pub(super) const FUNCTIONS: &[Function] = &[
    values("FIND", 2..=3, |values| find(values, |text| text)),
    values("SEARCH", 2..=3, |values| match find(values, |text| text.to_lowercase()) {
        // Besides case, the only difference: where FIND returns 0, SEARCH returns an empty value.
        Value::Number(0.0) => Value::Blank,
        found => found,
    }),
    values("LOWER", 1..=1, |values| Value::Text(values[0].text().to_lowercase())),
    values("UPPER", 1..=1, |values| Value::Text(values[0].text().to_uppercase())),
    values("TRIM", 1..=1, |values| Value::Text(values[0].text().trim().to_owned())),
    values("LEN", 1..=1, |values| Value::Number(values[0].text().chars().count() as f64)),
    values("LEFT", 1..=2, |values| part(values, |text, count| text.chars().take(count).collect())),
    values("RIGHT", 1..=2, |values| {
        part(values, |text, count| text.chars().skip(text.chars().count().saturating_sub(count)).collect())
    }),
    values("MID", 3..=3, |values| match (whole(&values[1]), whole(&values[2])) {
        (Some(start), Some(count)) => {
            Value::Text(values[0].text().chars().skip(start.saturating_sub(1)).take(count).collect())
        }
        _ => Value::Error,
    }),
    values("CONCATENATE", 1..=UNLIMITED, |values| Value::Text(values.iter().map(Value::text).collect())),
    values("SUBSTITUTE", 3..=3, |values| Value::Text(values[0].text().replace(&values[1].text(), &values[2].text()))),
    values("REPT", 2..=2, |values| match whole(&values[1]) {
        Some(times) if times <= 1000 => Value::Text(values[0].text().repeat(times)),
        _ => Value::Error,
    }),
    values("EXACT", 2..=2, |values| Value::Flag(values[0].text() == values[1].text())),
    values("ARRAYJOIN", 1..=2, |values| Value::Text(values[0].text())),
];

/// The position of the first text in the second, at or after a start position.
fn find(values: &[Value], fold: fn(String) -> String) -> Value {
    let (wanted, text) = (fold(values[0].text()), fold(values[1].text()));
    let skipped = values.get(2).and_then(whole).unwrap_or(1).saturating_sub(1);
    let start = text.char_indices().nth(skipped).map_or(text.len(), |(at, _)| at);
    let found = text[start..].find(&wanted).map_or(0, |at| text[..start + at].chars().count() + 1);
    Value::Number(found as f64)
}

fn part(values: &[Value], cut: fn(&str, usize) -> String) -> Value {
    match values.get(1).map_or(Some(1), whole) {
        Some(count) => Value::Text(cut(&values[0].text(), count)),
        None => Value::Error,
    }
}

fn whole(value: &Value) -> Option<usize> {
    value.number().filter(|number| *number >= 0.0).map(|number| number as usize)
}
