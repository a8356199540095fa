//! How many records the sandbox generates, and how that is written on a command line.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error, ser::SerializeMap};

use crate::stand_in;

/// The number of records of each kind that a stand-in declares.
///
/// ```
/// use tributary_sandbox::Records;
///
/// let records: Records = "contacts=9000,deals=50".parse().unwrap();
/// assert_eq!(records.to_string(), "contacts=9000,companies=400,deals=50,pages=400,rows=600,records=1500");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Records(Vec<(&'static str, u32)>);

impl Records {
    /// 0 for a kind that no stand-in declares.
    pub(crate) fn count(&self, kind: &str) -> u32 {
        self.0.iter().find(|(name, _)| *name == kind).map(|(_, count)| *count).unwrap_or_default()
    }

    /// Whether there is such a kind.
    fn set(&mut self, kind: &str, count: u32) -> bool {
        let found = self.0.iter_mut().find(|(name, _)| *name == kind);
        found.map(|(_, current)| *current = count).is_some()
    }

    /// The total of the first stand-in's kinds, split in proportion to their defaults. The remainder goes to the first
    /// kind, so that the parts always add up to the total.
    fn with_total(total: u32) -> Self {
        let mut records = Self::default();
        let Some([(first, _), others @ ..]) = stand_in::ALL.first().map(|stand_in| stand_in.records) else {
            return records;
        };
        let whole: u64 = stand_in::ALL[0].records.iter().map(|(_, count)| u64::from(*count)).sum();
        let mut rest = total;
        for (kind, default) in others {
            let share = (u64::from(total) * u64::from(*default) / whole) as u32;
            records.set(kind, share);
            rest -= share;
        }
        records.set(first, rest);
        records
    }
}

impl Default for Records {
    fn default() -> Self {
        Self(stand_in::ALL.iter().flat_map(|stand_in| stand_in.records).copied().collect())
    }
}

/// `contacts=1200,companies=400,…`
impl fmt::Display for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, (kind, count)) in self.0.iter().enumerate() {
            let separator = if position == 0 { "" } else { "," };
            write!(f, "{separator}{kind}={count}")?;
        }
        Ok(())
    }
}

/// Reads `contacts=9000,deals=50`, where a kind that is left out keeps its default, or a number such as `15000`, the
/// total of the first stand-in's records.
impl FromStr for Records {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(total) = text.trim().parse::<u32>() {
            return Ok(Self::with_total(total));
        }
        let mut records = Self::default();
        for part in text.split(',') {
            let (kind, count) = part.split_once('=').ok_or_else(|| invalid(text))?;
            let kind = kind.trim();
            let count = count.trim();
            let count = count.parse().map_err(|_| format!("The number of {kind} is not a whole number: {count:?}."))?;
            if !records.set(kind, count) {
                return Err(unknown(kind));
            }
        }
        Ok(records)
    }
}

impl Serialize for Records {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (kind, count) in &self.0 {
            map.serialize_entry(kind, count)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Records {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut records = Self::default();
        for (kind, count) in BTreeMap::<String, u32>::deserialize(deserializer)? {
            if !records.set(&kind, count) {
                return Err(D::Error::custom(unknown(&kind)));
            }
        }
        Ok(records)
    }
}

fn unknown(kind: &str) -> String {
    let of_stand_in = |stand_in: &stand_in::StandIn| {
        let kinds: Vec<_> = stand_in.records.iter().map(|(kind, _)| *kind).collect();
        format!("{} ({})", kinds.join(", "), stand_in.name)
    };
    let with_records = stand_in::ALL.iter().filter(|stand_in| !stand_in.records.is_empty());
    let known: Vec<_> = with_records.map(of_stand_in).collect();
    format!("There are no records called {kind:?}. The sandbox has {}.", known.join(", "))
}

fn invalid(text: &str) -> String {
    format!(
        "{text:?} is not a number of records. Use a total for HubSpot (15000) or counts by kind (contacts=9000,companies=400,deals=300)."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_is_split_and_adds_up() {
        let records: Records = "15000".parse().unwrap();
        assert_eq!(records.count("contacts") + records.count("companies") + records.count("deals"), 15000);
        assert_eq!("contacts=9475,companies=3157,deals=2368".parse(), Ok(records));
        assert_eq!("1900".parse(), Ok(Records::default()));
    }

    #[test]
    fn a_kind_that_is_left_out_keeps_its_default() {
        let records: Records = "contacts=9000, deals=5".parse().unwrap();
        assert_eq!((records.count("contacts"), records.count("deals")), (9000, 5));
        for kind in ["companies", "pages", "rows", "records"] {
            assert_eq!(records.count(kind), Records::default().count(kind), "{kind}");
        }
    }

    #[test]
    fn records_that_cannot_be_read_are_reported_in_a_sentence() {
        for (text, part) in [("", "total"), ("many", "total"), ("contacts=x", "whole number"), ("tickets=1", "tickets")]
        {
            let error = text.parse::<Records>().unwrap_err();
            assert!(error.contains(part) && error.ends_with('.'), "{error}");
        }
    }

    #[test]
    fn no_two_stand_ins_share_a_slug_or_a_kind_of_records() {
        let kinds: Vec<_> = stand_in::ALL.iter().flat_map(|stand_in| stand_in.records).map(|(kind, _)| kind).collect();
        let slugs: Vec<_> = stand_in::ALL.iter().map(|stand_in| &stand_in.slug).collect();
        for names in [kinds, slugs] {
            let distinct: std::collections::HashSet<_> = names.iter().collect();
            assert_eq!(distinct.len(), names.len(), "{names:?}");
        }
    }
}
