//! Deals in the default sales pipeline.

use jiff::{SignedDuration, Timestamp};

use super::{companies::company, format_time};
use crate::{
    fixtures::dice::Dice,
    hubspot::data::vocabulary::{DEAL_STAGES, DEAL_SUBJECTS},
};

pub(crate) fn values(
    seed: u64,
    dice: Dice,
    index: u64,
    companies: u64,
    created: Timestamp,
) -> Vec<(&'static str, Option<String>)> {
    let buyer = company(seed, buyer(seed, index, companies));
    let name = format!("{} – {}", buyer.name, dice.pick(11, &DEAL_SUBJECTS));
    let amount = (dice.below(12, 400) + 2) * 250;
    let closes = created + SignedDuration::from_hours(24 * (14 + dice.below(13, 160) as i64));
    vec![
        ("dealname", Some(name)),
        ("amount", (!dice.once_in(14, 15)).then(|| amount.to_string())),
        ("dealstage", Some(dice.pick(15, &DEAL_STAGES).0.to_owned())),
        ("pipeline", Some("default".to_owned())),
        ("closedate", (!dice.once_in(16, 10)).then(|| format_time(closes))),
    ]
}

/// The company that a deal is with. Companies take turns, and each round starts with another one, so a company's deals
/// can be found without examining all deals.
pub(crate) fn buyer(seed: u64, index: u64, companies: u64) -> u64 {
    let buyers = buyers(companies);
    let (round, position) = (index / buyers, index % buyers);
    (position + first_buyer(seed, round, buyers)) % buyers * BUYER_INTERVAL
}

/// The deals of a company in ascending order; the list does not end.
pub(crate) fn of_company(seed: u64, company: u64, companies: u64) -> impl Iterator<Item = u64> + Send {
    let buyers = buyers(companies);
    let rounds = if company.is_multiple_of(BUYER_INTERVAL) { u64::MAX / buyers } else { 0 };
    let position = move |round| (company / BUYER_INTERVAL + buyers - first_buyer(seed, round, buyers)) % buyers;
    (0..rounds).map(move |round| round * buyers + position(round))
}

/// The contacts of a deal: none to three of the buyer's `staff` contacts, by their position among them.
pub(crate) fn people(dice: Dice, staff: u64) -> Vec<u64> {
    let wanted = dice.below(17, 4).min(staff);
    let first = dice.below(18, staff.max(1));
    let mut people: Vec<u64> = (0..wanted).map(|n| (first + n) % staff).collect();
    people.sort_unstable();
    people
}

/// Every second company is a buyer.
const BUYER_INTERVAL: u64 = 2;

fn buyers(companies: u64) -> u64 {
    companies.div_ceil(BUYER_INTERVAL).max(1)
}

fn first_buyer(seed: u64, round: u64, buyers: u64) -> u64 {
    Dice::new(seed, 3, round).below(0, buyers)
}
