//! Conditions and constants.

use super::{Function, UNLIMITED, Value, errors, subject, values};

pub(super) const FUNCTIONS: &[Function] = &[
    values("AND", 1..=UNLIMITED, |values| Value::Flag(values.iter().all(Value::keeps_record))),
    values("OR", 1..=UNLIMITED, |values| Value::Flag(values.iter().any(Value::keeps_record))),
    values("XOR", 1..=UNLIMITED, |values| {
        Value::Flag(values.iter().filter(|value| value.keeps_record()).count() % 2 == 1)
    }),
    values("NOT", 1..=1, |values| Value::Flag(!values[0].keeps_record())),
    // An error in the other branch does not matter.
    errors("IF", 2..=3, |values| match &values[0] {
        Value::Error => Value::Error,
        condition if condition.keeps_record() => values[1].clone(),
        _ => values.get(2).cloned().unwrap_or(Value::Blank),
    }),
    errors("ISERROR", 1..=1, |values| Value::Flag(values[0] == Value::Error)),
    errors("IFERROR", 2..=2, |values| values[usize::from(values[0] == Value::Error)].clone()),
    values("BLANK", 0..=0, |_| Value::Blank),
    values("TRUE", 0..=0, |_| Value::Flag(true)),
    values("FALSE", 0..=0, |_| Value::Flag(false)),
    values("ERROR", 0..=1, |_| Value::Error),
    subject("RECORD_ID", 0..=0, |_, subject| Value::Text(subject.record_id())),
];
