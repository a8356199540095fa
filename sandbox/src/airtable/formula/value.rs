//! The values of formulas and the conversions between their types.

use std::cmp::Ordering;

use jiff::{Timestamp, civil::Date, tz::TimeZone};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// An empty cell.
    Blank,
    Number(f64),
    Text(String),
    Flag(bool),
    Moment(Timestamp),
    /// What Airtable shows as `#ERROR!`.
    Error,
}

impl Value {
    /// Whether a filter with this result keeps the record: "if the result is not 0, false, "", NaN, [], or #Error!"
    /// (<https://airtable.com/developers/web/api/list-records>).
    pub(crate) fn keeps_record(&self) -> bool {
        match self {
            Self::Blank | Self::Error => false,
            Self::Number(number) => *number != 0.0 && !number.is_nan(),
            Self::Text(text) => !text.is_empty(),
            Self::Flag(flag) => *flag,
            Self::Moment(_) => true,
        }
    }

    pub(crate) fn text(&self) -> String {
        match self {
            Self::Blank => String::new(),
            Self::Number(number) => format!("{number}"),
            Self::Text(text) => text.clone(),
            Self::Flag(flag) => u8::from(*flag).to_string(),
            Self::Moment(moment) => format!("{moment:.3}"),
            Self::Error => "#ERROR!".to_owned(),
        }
    }

    /// The numeric value: 0 for an empty cell, and for text the number it spells.
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Blank => Some(0.0),
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.trim().parse().ok(),
            Self::Flag(flag) => Some(f64::from(u8::from(*flag))),
            Self::Moment(_) | Self::Error => None,
        }
    }

    pub(super) fn moment(&self) -> Option<Timestamp> {
        match self {
            Self::Moment(moment) => Some(*moment),
            Self::Text(text) => read_moment(text),
            _ => None,
        }
    }

    /// Applies an operator. If either value is an error, so is the result.
    pub(super) fn combine(self, sign: &str, other: Self) -> Self {
        if matches!((&self, &other), (Self::Error, _) | (_, Self::Error)) {
            return Self::Error;
        }
        if sign == "&" {
            return Self::Text(self.text() + &other.text());
        }
        if let Some(wanted) = comparison(sign) {
            return Self::Flag(self.compare(&other).map_or(sign == "!=", wanted));
        }
        let (Some(left), Some(right)) = (self.number(), other.number()) else { return Self::Error };
        Self::Number(match sign {
            "+" => left + right,
            "-" => left - right,
            "*" => left * right,
            _ => left / right,
        })
    }

    /// Compares numbers or times if both values are such, and text otherwise.
    pub(crate) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Moment(_), _) | (_, Self::Moment(_)) => match (self.moment(), other.moment()) {
                (Some(left), Some(right)) => Some(left.cmp(&right)),
                _ => Some(self.text().cmp(&other.text())),
            },
            (Self::Text(left), Self::Text(right)) => Some(left.cmp(right)),
            (Self::Text(text), Self::Blank) => Some(if text.is_empty() { Ordering::Equal } else { Ordering::Greater }),
            (Self::Blank, Self::Text(text)) => Some(if text.is_empty() { Ordering::Equal } else { Ordering::Less }),
            (Self::Text(_), _) | (_, Self::Text(_)) => Some(self.text().cmp(&other.text())),
            _ => self.number()?.partial_cmp(&other.number()?),
        }
    }
}

fn comparison(sign: &str) -> Option<fn(Ordering) -> bool> {
    match sign {
        "=" => Some(Ordering::is_eq),
        "!=" => Some(Ordering::is_ne),
        "<" => Some(Ordering::is_lt),
        ">" => Some(Ordering::is_gt),
        "<=" => Some(Ordering::is_le),
        ">=" => Some(Ordering::is_ge),
        _ => None,
    }
}

/// A timestamp or a date as Airtable writes it. A date stands for midnight UTC.
pub(crate) fn read_moment(text: &str) -> Option<Timestamp> {
    let midnight = |date: Date| date.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    text.parse().ok().or_else(|| text.parse().ok().and_then(midnight))
}
