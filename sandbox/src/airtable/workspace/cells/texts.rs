//! Text in cells.

use serde_json::{Value, json};

use super::Row;
use crate::{
    airtable::workspace::definition::{SENTENCES, TextSource},
    fixtures::vocabulary::{CITIES, COMPANY_ENDS, COMPANY_FORMS, COMPANY_STARTS, FIRST_NAMES, LAST_NAMES, ascii},
};

/// The purposes for which a record's person and company are chosen, so that names and e-mail addresses of one record
/// agree.
const FIRST_NAME: u64 = 10;
const LAST_NAME: u64 = 11;
const COMPANY_START: u64 = 12;
const COMPANY_END: u64 = 13;
const COMPANY_FORM: u64 = 14;

pub(super) fn text(words: TextSource, row: &Row, purpose: u64) -> String {
    let dice = row.dice;
    let (first, last) = (dice.pick(FIRST_NAME, &FIRST_NAMES), dice.pick(LAST_NAME, &LAST_NAMES));
    let (start, end) = (dice.pick(COMPANY_START, &COMPANY_STARTS), dice.pick(COMPANY_END, &COMPANY_ENDS));
    let domain = format!("{}{end}.example", start.to_lowercase());
    match words {
        TextSource::Pattern(lists) => {
            let parts = lists.iter().enumerate().map(|(place, list)| dice.pick(purpose + 1 + place as u64, list));
            parts.collect::<Vec<_>>().join(" ")
        }
        TextSource::Person => format!("{first} {last}"),
        TextSource::PersonEmail => format!("{}.{}@mail.example", ascii(first), ascii(last)),
        TextSource::Company => format!("{start}{end} {}", dice.pick(COMPANY_FORM, &COMPANY_FORMS)),
        TextSource::CompanyEmail => format!("office@{domain}"),
        TextSource::CompanySite => format!("https://www.{domain}/"),
        TextSource::Prose => prose(row, purpose).join(" "),
        TextSource::Markdown => {
            let sentences = prose(row, purpose);
            let points: String = sentences.iter().map(|sentence| format!("- {sentence}\n")).collect();
            format!("## Where we stand\n\n**{}**\n\n{points}", sentences.first().copied().unwrap_or_default())
        }
    }
}

/// One to five sentences, and in one of thirty cells enough to fill pages.
fn prose(row: &Row, purpose: u64) -> Vec<&'static str> {
    let is_long = row.dice.once_in(purpose + 1, 30);
    let count = if is_long { 120 + row.dice.below(purpose + 2, 80) } else { 1 + row.dice.below(purpose + 2, 5) };
    (0..count).map(|place| row.dice.pick(purpose + 3 + place, SENTENCES)).collect()
}

pub(super) fn telephone(row: &Row, purpose: u64) -> String {
    let (_, _, code) = row.dice.pick(purpose + 1, &CITIES);
    format!("{code} 555 {:04}", 100 + row.dice.below(purpose + 2, 100))
}

/// One to three different options, in the order in which they were picked.
pub(super) fn options(row: &Row, purpose: u64, names: &[&'static str]) -> Vec<&'static str> {
    let first = row.dice.below(purpose + 1, names.len() as u64) as usize;
    let count = 1 + row.dice.below(purpose + 2, 3.min(names.len() as u64)) as usize;
    (0..count).map(|step| names[(first + step) % names.len()]).collect()
}

/// Some barcodes were entered by hand and have no type.
pub(super) fn barcode(row: &Row, purpose: u64) -> Value {
    let digits = format!("{:012}", row.dice.below(purpose + 1, 1_000_000_000_000));
    if row.dice.once_in(purpose + 2, 4) { json!({"text": digits}) } else { json!({"type": "upca", "text": digits}) }
}

/// Text that a language model generated, or its failure.
pub(super) fn ai_text(row: &Row, purpose: u64) -> Value {
    if row.dice.once_in(purpose + 1, 12) {
        return json!({"state": "error", "errorType": "unknown", "isStale": true, "value": null});
    }
    let line = row.dice.pick(purpose + 2, SENTENCES);
    json!({"state": "generated", "isStale": row.dice.once_in(purpose + 3, 5), "value": line})
}
