//! Numbers, days and lists as people read them. The browser's own formatting isn't available on the server, which
//! renders the same text.

/// How many names a list contains before the rest is only counted.
const MAX_LISTED: usize = 3;

/// `15000` as `15,000`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1` and `record` as `1 record`, `2` as `2 records`.
pub fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number))
}

/// The day of an RFC 3339 time: `2027-01-05T09:30:00Z` as `5 Jan 2027`.
pub fn day(time: &str) -> String {
    let mut parts = time.get(..10).unwrap_or_default().split('-');
    let (Some(year), Some(month), Some(day)) = (parts.next(), parts.next(), parts.next()) else {
        return String::new();
    };
    let end = 3 * month.parse().unwrap_or(0_usize);
    let month = "JanFebMarAprMayJunJulAugSepOctNovDec".get(end.wrapping_sub(3)..end).unwrap_or(month);
    format!("{} {month} {year}", day.trim_start_matches('0'))
}

/// `a, b and c`. Of more than three names, `a, b, c and 2 more`.
pub fn listed(names: &[&str]) -> String {
    let mut text = String::new();
    for (index, name) in names.iter().take(MAX_LISTED).enumerate() {
        match index {
            0 => {}
            _ if index + 1 == names.len() => text.push_str(" and "),
            _ => text.push_str(", "),
        }
        text.push_str(name);
    }
    if let Some(more @ 1..) = names.len().checked_sub(MAX_LISTED) {
        text.push_str(&format!(" and {more} more"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated_by_commas() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (15000, "15,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
        assert_eq!((counted(1, "page"), counted(0, "page")), ("1 page".to_owned(), "0 pages".to_owned()));
    }

    #[test]
    fn a_day_has_the_month_by_name_and_no_leading_zero() {
        for (time, text) in
            [("2027-01-05T09:30:00Z", "5 Jan 2027"), ("2026-12-31T23:59:59.999Z", "31 Dec 2026"), ("soon", "")]
        {
            assert_eq!(day(time), text);
        }
    }

    #[test]
    fn a_list_names_at_most_three() {
        let names = |count| (1..=count).map(|number| format!("t{number}")).collect();
        for (count, text) in [(1, "t1"), (2, "t1 and t2"), (3, "t1, t2 and t3"), (9, "t1, t2, t3 and 6 more")] {
            let names: Vec<String> = names(count);
            assert_eq!(listed(&names.iter().map(String::as_str).collect::<Vec<_>>()), text);
        }
    }
}
