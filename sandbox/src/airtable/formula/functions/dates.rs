//! Date and time functions. The time zone is UTC, as in a base that uses the same time zone for everybody.

use jiff::{SignedDuration, Timestamp, Unit, Zoned, tz::TimeZone};

use super::{Function, Value, subject, values};

pub(super) const FUNCTIONS: &[Function] = &[
    subject("NOW", 0..=0, |_, subject| Value::Moment(subject.now())),
    subject("TODAY", 0..=0, |_, subject| day(subject.now()).map_or(Value::Error, Value::Moment)),
    subject("CREATED_TIME", 0..=0, |_, subject| Value::Moment(subject.created())),
    subject("LAST_MODIFIED_TIME", 0..=50, |_, subject| Value::Moment(subject.modified())),
    values("IS_BEFORE", 2..=2, |values| compared(values, |left, right| left < right)),
    values("IS_AFTER", 2..=2, |values| compared(values, |left, right| left > right)),
    values("IS_SAME", 2..=3, |values| match values.get(2).map(Value::text).as_deref() {
        None => compared(values, |left, right| left == right),
        Some("year") => same(values, |at| (at.year(), 0, 0)),
        Some("month") => same(values, |at| (at.year(), at.month(), 0)),
        Some("day") => same(values, |at| (at.year(), at.month(), at.day())),
        Some(_) => Value::Error,
    }),
    values("DATETIME_DIFF", 2..=3, difference),
    values("DATEADD", 3..=3, add),
    values("DATETIME_PARSE", 1..=2, |values| values[0].moment().map_or(Value::Error, Value::Moment)),
    values("DATESTR", 1..=1, |values| part(values, |at| Value::Text(at.date().to_string()))),
    values("YEAR", 1..=1, |values| part(values, |at| Value::Number(at.year().into()))),
    values("MONTH", 1..=1, |values| part(values, |at| Value::Number(at.month().into()))),
    values("DAY", 1..=1, |values| part(values, |at| Value::Number(at.day().into()))),
    values("HOUR", 1..=1, |values| part(values, |at| Value::Number(at.hour().into()))),
    values("MINUTE", 1..=1, |values| part(values, |at| Value::Number(at.minute().into()))),
    values("WEEKDAY", 1..=1, |values| part(values, |at| Value::Number(at.weekday().to_sunday_zero_offset().into()))),
];

/// The difference between two times in whole units, by default seconds.
fn difference(values: &[Value]) -> Value {
    let (Some(later), Some(earlier)) = (values[0].moment(), values[1].moment()) else { return Value::Error };
    let unit = match values.get(2) {
        None => Some(Unit::Second),
        Some(name) => unit(&name.text()),
    };
    let span = unit.and_then(|unit| utc(later).since((unit, &utc(earlier))).ok().map(|span| (span, unit)));
    span.map_or(Value::Error, |(span, unit)| {
        Value::Number(match unit {
            Unit::Year => span.get_years().into(),
            Unit::Month => span.get_months().into(),
            Unit::Week => span.get_weeks().into(),
            Unit::Day => span.get_days().into(),
            Unit::Hour => span.get_hours().into(),
            Unit::Minute => span.get_minutes() as f64,
            _ => span.get_seconds() as f64,
        })
    })
}

fn add(values: &[Value]) -> Value {
    let (Some(moment), Some(count), Some(unit)) = (values[0].moment(), values[1].number(), unit(&values[2].text()))
    else {
        return Value::Error;
    };
    let seconds = match unit {
        Unit::Week => 7 * 24 * 3600,
        Unit::Day => 24 * 3600,
        Unit::Hour => 3600,
        Unit::Minute => 60,
        Unit::Second => 1,
        // Months and years vary in length and are not supported.
        _ => return Value::Error,
    };
    let moved = SignedDuration::try_from_secs_f64(count * f64::from(seconds)).ok();
    moved.and_then(|by| moment.checked_add(by).ok()).map_or(Value::Error, Value::Moment)
}

fn unit(name: &str) -> Option<Unit> {
    match name.to_lowercase().trim_end_matches('s') {
        "" => Some(Unit::Second),
        "year" | "y" => Some(Unit::Year),
        "month" => Some(Unit::Month),
        "week" | "w" => Some(Unit::Week),
        "day" | "d" => Some(Unit::Day),
        "hour" | "h" => Some(Unit::Hour),
        "minute" | "m" => Some(Unit::Minute),
        "second" => Some(Unit::Second),
        _ => None,
    }
}

fn compared(values: &[Value], predicate: fn(Timestamp, Timestamp) -> bool) -> Value {
    match (values[0].moment(), values[1].moment()) {
        (Some(left), Some(right)) => Value::Flag(predicate(left, right)),
        _ => Value::Error,
    }
}

fn same(values: &[Value], part: fn(&Zoned) -> (i16, i8, i8)) -> Value {
    match (values[0].moment(), values[1].moment()) {
        (Some(left), Some(right)) => Value::Flag(part(&utc(left)) == part(&utc(right))),
        _ => Value::Error,
    }
}

fn part(values: &[Value], take: fn(&Zoned) -> Value) -> Value {
    values[0].moment().map_or(Value::Error, |moment| take(&utc(moment)))
}

fn day(moment: Timestamp) -> Option<Timestamp> {
    utc(moment).start_of_day().ok().map(|midnight| midnight.timestamp())
}

fn utc(moment: Timestamp) -> Zoned {
    moment.to_zoned(TimeZone::UTC)
}
