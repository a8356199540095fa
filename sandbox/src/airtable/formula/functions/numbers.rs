//! Numeric functions.

use super::{Function, UNLIMITED, Value, values};

pub(super) const FUNCTIONS: &[Function] = &[
    values("VALUE", 1..=1, |values| {
        let digits: String =
            values[0].text().chars().filter(|letter| letter.is_ascii_digit() || ".-".contains(*letter)).collect();
        digits.parse().map_or(Value::Blank, Value::Number)
    }),
    values("ABS", 1..=1, |values| one(values, f64::abs)),
    values("INT", 1..=1, |values| one(values, f64::floor)),
    values("SQRT", 1..=1, |values| one(values, f64::sqrt)),
    values("ROUND", 1..=2, |values| rounded(values, f64::round)),
    values("ROUNDUP", 1..=2, |values| rounded(values, |number| number.abs().ceil() * number.signum())),
    values("ROUNDDOWN", 1..=2, |values| rounded(values, f64::trunc)),
    values("CEILING", 1..=1, |values| one(values, f64::ceil)),
    values("FLOOR", 1..=1, |values| one(values, f64::floor)),
    values("POWER", 2..=2, |values| two(values, f64::powf)),
    // The remainder has the sign of the divisor.
    values("MOD", 2..=2, |values| two(values, |number, by| number - by * (number / by).floor())),
    values("EVEN", 1..=1, |values| one(values, |number| (number.abs() / 2.0).ceil() * 2.0 * number.signum())),
    values("SUM", 1..=UNLIMITED, |values| all(values, |numbers| numbers.iter().sum())),
    values("AVERAGE", 1..=UNLIMITED, |values| {
        all(values, |numbers| numbers.iter().sum::<f64>() / numbers.len() as f64)
    }),
    values("MIN", 1..=UNLIMITED, |values| all(values, |numbers| numbers.iter().copied().fold(f64::INFINITY, f64::min))),
    values("MAX", 1..=UNLIMITED, |values| {
        all(values, |numbers| numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max))
    }),
    values("COUNT", 1..=UNLIMITED, |values| {
        Value::Number(values.iter().filter(|value| matches!(value, Value::Number(_))).count() as f64)
    }),
    values("COUNTA", 1..=UNLIMITED, |values| {
        Value::Number(values.iter().filter(|value| !value.text().is_empty()).count() as f64)
    }),
    values("COUNTALL", 1..=UNLIMITED, |values| Value::Number(values.len() as f64)),
];

fn one(values: &[Value], function: fn(f64) -> f64) -> Value {
    values[0].number().map_or(Value::Error, |number| Value::Number(function(number)))
}

fn two(values: &[Value], function: fn(f64, f64) -> f64) -> Value {
    match (values[0].number(), values[1].number()) {
        (Some(left), Some(right)) => Value::Number(function(left, right)),
        _ => Value::Error,
    }
}

fn rounded(values: &[Value], function: fn(f64) -> f64) -> Value {
    let places = values.get(1).map_or(Some(0.0), Value::number).filter(|places| places.abs() <= 15.0);
    match (values[0].number(), places) {
        (Some(number), Some(places)) => {
            let scale = 10_f64.powi(places as i32);
            Value::Number(function(number * scale) / scale)
        }
        _ => Value::Error,
    }
}

fn all(values: &[Value], function: fn(&[f64]) -> f64) -> Value {
    let numbers: Option<Vec<f64>> = values.iter().map(Value::number).collect();
    numbers.map_or(Value::Error, |numbers| Value::Number(function(&numbers)))
}
