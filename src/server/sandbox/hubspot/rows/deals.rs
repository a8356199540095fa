//! Deals in the default sales pipeline.

use jiff::{SignedDuration, Timestamp};

use super::{companies::company, written};
use crate::server::sandbox::{
    dice::Dice,
    words::{DEAL_STAGES, DEAL_SUBJECTS},
};

pub(crate) fn values(seed: u64, dice: Dice, companies: u64, created: Timestamp) -> Vec<(&'static str, Option<String>)> {
    let buyer = company(seed, dice.below(10, companies.max(1)));
    let name = format!("{} – {}", buyer.name, dice.pick(11, &DEAL_SUBJECTS));
    let amount = (dice.below(12, 400) + 2) * 250;
    let closes = created + SignedDuration::from_hours(24 * (14 + dice.below(13, 160) as i64));
    vec![
        ("dealname", Some(name)),
        ("amount", (!dice.once_in(14, 15)).then(|| amount.to_string())),
        ("dealstage", Some(dice.pick(15, &DEAL_STAGES).0.to_owned())),
        ("pipeline", Some("default".to_owned())),
        ("closedate", (!dice.once_in(16, 10)).then(|| written(closes))),
    ]
}
