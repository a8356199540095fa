//! Companies, and how contacts and deals refer to them.

use crate::{
    fixtures::{
        dice::Dice,
        vocabulary::{CITIES, COMPANY_ENDS, COMPANY_FORMS, COMPANY_STARTS},
    },
    hubspot::data::vocabulary::INDUSTRIES,
};

pub(crate) struct Company {
    pub name: String,
    pub domain: String,
}

/// The company with this index. Domains are unique: successive indexes visit all pairs of name parts in a shuffled
/// order, and the second visit of a pair adds a number.
pub(crate) fn company(seed: u64, index: u64) -> Company {
    let (starts, ends) = (COMPANY_STARTS.len() as u64, COMPANY_ENDS.len() as u64);
    let pairs = starts * ends;
    // 997 is prime and divides neither count of name parts, so every pair is visited once before any repeats.
    let pair = (Dice::new(seed, 2, 0).below(0, pairs) + index % pairs * 997) % pairs;
    let (start, end) = (COMPANY_STARTS[(pair / ends) as usize], COMPANY_ENDS[(pair % ends) as usize]);
    let round = index / pairs;
    let number = if round == 0 { String::new() } else { (round + 1).to_string() };
    let form = Dice::new(seed, 0, index).pick(0, &COMPANY_FORMS);
    Company {
        name: if round == 0 { format!("{start}{end} {form}") } else { format!("{start}{end} {form} {number}") },
        domain: format!("{}{end}{number}.example", start.to_lowercase()),
    }
}

pub(crate) fn values(seed: u64, dice: Dice, index: u64) -> Vec<(&'static str, Option<String>)> {
    let Company { name, domain } = company(seed, index);
    // A company that HubSpot created from somebody's e-mail address has a domain and nothing else.
    let known = !dice.once_in(10, 29);
    let (city, state, code) = dice.pick(11, &CITIES);
    let phone = format!("{code} 555 {:04}", 100 + dice.below(12, 100));
    vec![
        ("name", known.then_some(name)),
        ("industry", (known && !dice.once_in(13, 8)).then(|| dice.pick(14, &INDUSTRIES).0.to_owned())),
        ("city", known.then(|| city.to_owned())),
        ("state", (known && !dice.once_in(15, 12)).then(|| state.to_owned())),
        ("phone", (known && !dice.once_in(16, 5)).then_some(phone)),
        ("website", known.then(|| format!("https://www.{domain}"))),
        ("domain", Some(domain)),
    ]
}
