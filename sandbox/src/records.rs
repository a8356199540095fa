//! How many records the sandbox pretends to have, and how that is written on a command line.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Counts for each object type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Records {
    /// HubSpot: people.
    pub contacts: u32,
    /// HubSpot: the companies they work for.
    pub companies: u32,
    /// HubSpot: deals with these companies.
    pub deals: u32,
    /// Notion: pages outside of data sources.
    pub pages: u32,
    /// Notion: rows of all data sources together.
    pub rows: u32,
    /// Airtable: records of all tables together.
    pub records: u32,
}

impl Default for Records {
    fn default() -> Self {
        Self { contacts: 1200, companies: 400, deals: 300, pages: 400, rows: 600, records: 1500 }
    }
}

impl fmt::Display for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { contacts, companies, deals, pages, rows, records } = self;
        write!(f, "contacts={contacts},companies={companies},deals={deals},pages={pages},rows={rows},records={records}")
    }
}

/// Reads `15000`, a total for HubSpot split 12 : 4 : 3, or `contacts=9000,deals=50`, where a type left out keeps its default.
impl FromStr for Records {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(total) = text.trim().parse::<u32>() {
            return Ok(Self::of_total(total));
        }
        let mut records = Self::default();
        for part in text.split(',') {
            let (name, count) = part.split_once('=').ok_or_else(|| unreadable(text))?;
            let count = count
                .trim()
                .parse()
                .map_err(|_| format!("The number of {} is not a whole number: {count:?}.", name.trim()))?;
            match name.trim() {
                "contacts" => records.contacts = count,
                "companies" => records.companies = count,
                "deals" => records.deals = count,
                "pages" => records.pages = count,
                "rows" => records.rows = count,
                "records" => records.records = count,
                other => {
                    return Err(format!(
                        "The sandbox has contacts, companies and deals (HubSpot), pages and rows (Notion), and records (Airtable), but no {other:?}."
                    ));
                }
            }
        }
        Ok(records)
    }
}

impl Records {
    /// The remainder of the split goes to contacts, so that the parts always add up to the total.
    fn of_total(total: u32) -> Self {
        let share = |parts: u64| (u64::from(total) * parts / 19) as u32;
        let (companies, deals) = (share(4), share(3));
        Self { contacts: total - companies - deals, companies, deals, ..Self::default() }
    }
}

fn unreadable(text: &str) -> String {
    format!("Records are given as a total (15000) or by name (contacts=9000,companies=400,deals=300), not as {text:?}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_is_split_and_adds_up() {
        let records: Records = "15000".parse().unwrap();
        assert_eq!(records.contacts + records.companies + records.deals, 15000);
        assert_eq!(records, Records { contacts: 9475, companies: 3157, deals: 2368, ..Records::default() });
        assert_eq!("1900".parse(), Ok(Records::default()));
    }

    #[test]
    fn a_type_left_out_keeps_its_default() {
        assert_eq!("contacts=9000, deals=5".parse(), Ok(Records { contacts: 9000, deals: 5, ..Records::default() }));
    }

    #[test]
    fn a_mistake_is_answered_with_a_sentence() {
        for (text, word) in [("", "total"), ("many", "total"), ("contacts=x", "whole number"), ("tickets=1", "tickets")]
        {
            let error = text.parse::<Records>().unwrap_err();
            assert!(error.contains(word) && error.ends_with('.'), "{error}");
        }
    }
}
