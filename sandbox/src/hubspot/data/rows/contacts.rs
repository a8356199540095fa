//! Contacts: people who work for the companies.

use super::companies::{Company, company};
use crate::fixtures::{
    dice::Dice,
    vocabulary::{CITIES, FIRST_NAMES, JOB_TITLES, LAST_NAMES, LIFECYCLE_STAGES, ascii},
};

/// Companies that contacts without any company to work for are spread over.
const IMAGINED: u64 = 400;

pub(crate) fn values(seed: u64, dice: Dice, index: u64, companies: u64) -> Vec<(&'static str, Option<String>)> {
    let employers = if companies == 0 { IMAGINED } else { companies };
    let employer = index % employers;
    let belongs = belongs(dice);
    let Company { name, domain } = company(seed, employer);
    let (first, last, number) = person(seed, employer, index / employers);
    let email = format!("{}.{}{number}@{domain}", ascii(first), ascii(last));
    let named = !dice.once_in(10, 23);
    let code = dice.pick(11, &CITIES).2;
    let phone = format!("{code} 555 {:04}", 100 + dice.below(12, 100));
    vec![
        ("firstname", named.then(|| first.to_owned())),
        ("lastname", (named && !dice.once_in(13, 40)).then(|| last.to_owned())),
        ("email", Some(email)),
        ("phone", (!dice.once_in(14, 4)).then_some(phone)),
        ("company", belongs.then_some(name)),
        ("jobtitle", (named && !dice.once_in(16, 6)).then(|| dice.pick(17, &JOB_TITLES).to_owned())),
        ("lifecyclestage", Some(dice.pick(18, &LIFECYCLE_STAGES).0.to_owned())),
    ]
}

/// Whether the contact belongs to the company of its e-mail address. One in eleven does not, and does not name it either.
pub(crate) fn belongs(dice: Dice) -> bool {
    !dice.once_in(15, 11)
}

/// The n-th person of a company. Nobody there shares a name with a colleague, except under another number, because an e-mail
/// address belongs to one contact only.
fn person(seed: u64, employer: u64, n: u64) -> (&'static str, &'static str, String) {
    let (firsts, lasts) = (FIRST_NAMES.len() as u64, LAST_NAMES.len() as u64);
    let pairs = firsts * lasts;
    // 1201 is prime and divides neither number of names, so the walk meets each pair once before it repeats.
    let pair = (Dice::new(seed, 1, employer).below(0, pairs) + n % pairs * 1201) % pairs;
    let round = n / pairs;
    let number = if round == 0 { String::new() } else { (round + 1).to_string() };
    (FIRST_NAMES[(pair % firsts) as usize], LAST_NAMES[(pair / firsts) as usize], number)
}
