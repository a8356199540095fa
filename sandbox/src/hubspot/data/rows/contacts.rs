//! Contacts, who work for the companies.

use super::companies::{Company, company};
use crate::{
    fixtures::{
        dice::Dice,
        vocabulary::{CITIES, FIRST_NAMES, LAST_NAMES, ascii},
    },
    hubspot::data::vocabulary::{JOB_TITLES, LIFECYCLE_STAGES},
};

/// If the account has no companies, contacts are spread over this many made-up ones.
const MADE_UP_EMPLOYERS: u64 = 400;

pub(crate) fn values(seed: u64, dice: Dice, index: u64, companies: u64) -> Vec<(&'static str, Option<String>)> {
    let employers = if companies == 0 { MADE_UP_EMPLOYERS } else { companies };
    let employer = index % employers;
    let is_employee = is_employee(dice);
    let Company { name, domain } = company(seed, employer);
    let (first, last, number) = person(seed, employer, index / employers);
    let email = format!("{}.{}{number}@{domain}", ascii(first), ascii(last));
    let has_name = !dice.once_in(10, 23);
    let code = dice.pick(11, &CITIES).2;
    let phone = format!("{code} 555 {:04}", 100 + dice.below(12, 100));
    vec![
        ("firstname", has_name.then(|| first.to_owned())),
        ("lastname", (has_name && !dice.once_in(13, 40)).then(|| last.to_owned())),
        ("email", Some(email)),
        ("phone", (!dice.once_in(14, 4)).then_some(phone)),
        ("company", is_employee.then_some(name)),
        ("jobtitle", (has_name && !dice.once_in(16, 6)).then(|| dice.pick(17, &JOB_TITLES).to_owned())),
        ("lifecyclestage", Some(dice.pick(18, &LIFECYCLE_STAGES).0.to_owned())),
    ]
}

/// Whether the contact is associated with the company of its e-mail address. One contact in eleven is not, and does not
/// name the company either.
pub(crate) fn is_employee(dice: Dice) -> bool {
    !dice.once_in(15, 11)
}

/// The n-th employee of a company. Names are unique within a company, except for a number, because each contact has an
/// e-mail address of its own.
fn person(seed: u64, employer: u64, n: u64) -> (&'static str, &'static str, String) {
    let (firsts, lasts) = (FIRST_NAMES.len() as u64, LAST_NAMES.len() as u64);
    let pairs = firsts * lasts;
    // 1201 is prime and divides neither number of names, so every pair is visited once before any repeats.
    let pair = (Dice::new(seed, 1, employer).below(0, pairs) + n % pairs * 1201) % pairs;
    let round = n / pairs;
    let number = if round == 0 { String::new() } else { (round + 1).to_string() };
    (FIRST_NAMES[(pair % firsts) as usize], LAST_NAMES[(pair / firsts) as usize], number)
}
