//! Conditions on dates. A day stands for all of it, in UTC; a timestamp for that moment.

use jiff::{SignedDuration, Span, Timestamp, ToSpan, tz::TimeZone};
use serde_json::Value;

use crate::notion::error::ApiError;

pub(crate) enum DateCondition {
    Empty(bool),
    /// A period, its end excluded.
    Given(Order, Timestamp, Timestamp),
    ThisWeek,
    /// Between this long ago and now.
    Past(Span),
    /// Between now and this far ahead.
    Next(Span),
}

#[derive(Clone, Copy)]
pub(crate) enum Order {
    Equals,
    Before,
    After,
    OnOrBefore,
    OnOrAfter,
}

impl DateCondition {
    pub(crate) fn read(condition: &Value) -> Result<Self, ApiError> {
        let invalid = || ApiError::field("filter.date", "an object with one condition on a date", condition);
        let fields = condition.as_object().filter(|fields| fields.len() == 1).ok_or_else(invalid)?;
        let (operator, value) = fields.iter().next().ok_or_else(invalid)?;
        let given = |order| {
            let (from, to) = value.as_str().and_then(period).ok_or_else(invalid)?;
            Ok(Self::Given(order, from, to))
        };
        match operator.as_str() {
            "equals" => given(Order::Equals),
            "before" => given(Order::Before),
            "after" => given(Order::After),
            "on_or_before" => given(Order::OnOrBefore),
            "on_or_after" => given(Order::OnOrAfter),
            "is_empty" => Ok(Self::Empty(true)),
            "is_not_empty" => Ok(Self::Empty(false)),
            "this_week" => Ok(Self::ThisWeek),
            "past_week" => Ok(Self::Past(1.week())),
            "past_month" => Ok(Self::Past(1.month())),
            "past_year" => Ok(Self::Past(1.year())),
            "next_week" => Ok(Self::Next(1.week())),
            "next_month" => Ok(Self::Next(1.month())),
            "next_year" => Ok(Self::Next(1.year())),
            _ => Err(invalid()),
        }
    }

    /// Tests a date property by its start, or a timestamp property.
    pub(crate) fn matches(&self, actual: &Value, now: Timestamp) -> bool {
        let start = actual.as_str().or_else(|| actual["start"].as_str()).and_then(period);
        match (self, start) {
            (Self::Empty(wanted), start) => start.is_none() == *wanted,
            (_, None) => false,
            (_, Some((start, _))) => self.matches_time(start, now),
        }
    }

    pub(crate) fn matches_time(&self, time: Timestamp, now: Timestamp) -> bool {
        match self {
            Self::Empty(wanted) => !wanted,
            Self::Given(Order::Equals, from, to) => *from <= time && time < *to,
            Self::Given(Order::Before, from, _) => time < *from,
            Self::Given(Order::After, _, to) => time >= *to,
            Self::Given(Order::OnOrBefore, _, to) => time < *to,
            Self::Given(Order::OnOrAfter, from, _) => time >= *from,
            Self::ThisWeek => {
                let today = now.to_zoned(TimeZone::UTC).date();
                let day = time.to_zoned(TimeZone::UTC).date();
                let monday = today.saturating_sub(i64::from(today.weekday().to_monday_zero_offset()).days());
                monday <= day && day < monday.saturating_add(1.week())
            }
            Self::Past(span) => time <= now && time >= shifted(now, span.negate()),
            Self::Next(span) => time >= now && time <= shifted(now, *span),
        }
    }
}

fn shifted(now: Timestamp, span: Span) -> Timestamp {
    now.to_zoned(TimeZone::UTC).saturating_add(span).timestamp()
}

/// The period of a day, or of a moment.
fn period(text: &str) -> Option<(Timestamp, Timestamp)> {
    if let Ok(day) = format!("{text}T00:00:00Z").parse::<Timestamp>() {
        return Some((day, day + SignedDuration::from_hours(24)));
    }
    let moment: Timestamp = text.parse().or_else(|_| format!("{text}Z").parse()).ok()?;
    Some((moment, moment + SignedDuration::from_nanos(1)))
}
