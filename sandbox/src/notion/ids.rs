//! Ids. Every UUID encodes which object it belongs to, so that no id has to be stored.
//!
//! 64 bits are the object, scrambled with the seed; 58 are a checksum that tells issued ids from made-up ones.

use super::workspace::{Block, Row};
use crate::fixtures::dice::Dice;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Object {
    /// The workspace itself.
    Workspace,
    /// A page outside of data sources, by its index.
    Page(u32),
    Row(Row),
    Database(u8),
    Source(u8),
    Block(Block),
    User(u8),
    /// The bot of an integration, by 60 bits of the hash of its client id.
    Bot(u64),
    /// A position in a list: 60 bits that the list interprets.
    Cursor(u64),
}

const BELOW_TAG: u64 = (1 << 60) - 1;
const CHECK: u64 = 1 << 58;

impl Object {
    /// The UUID with dashes, as Notion always returns it.
    pub(crate) fn id(self, seed: u64) -> String {
        let code = self.code();
        uuid(u128::from(scramble(seed, code)) << 58 | u128::from(check(seed, code)))
    }

    /// The object with this UUID, which may have no dashes. `None` if the sandbox did not issue it.
    pub(crate) fn named(seed: u64, id: &str) -> Option<Self> {
        let bits = parse(id)?;
        let bits = (bits >> 80) << 74 | (bits >> 64 & 0xfff) << 62 | bits & ((1 << 62) - 1);
        let code = unscramble(seed, u64::try_from(bits >> 58).ok()?);
        let object = Self::decode(code)?;
        (object.id(seed) == dashed(parse(id)?)).then_some(object)
    }

    fn code(self) -> u64 {
        let (tag, rest) = match self {
            Self::Workspace => (0, 0),
            Self::Page(index) => (1, index.into()),
            Self::Row(row) => (2, row.bits()),
            Self::Database(number) => (3, number.into()),
            Self::Source(number) => (4, number.into()),
            Self::Block(block) => (5, block.bits()),
            Self::User(number) => (6, number.into()),
            Self::Bot(bits) => (7, bits),
            Self::Cursor(bits) => (8, bits),
        };
        tag << 60 | rest & BELOW_TAG
    }

    fn decode(code: u64) -> Option<Self> {
        let rest = code & BELOW_TAG;
        Some(match code >> 60 {
            0 => Self::Workspace,
            1 => Self::Page(u32::try_from(rest).ok()?),
            2 => Self::Row(Row::from_bits(rest)),
            3 => Self::Database(u8::try_from(rest).ok()?),
            4 => Self::Source(u8::try_from(rest).ok()?),
            5 => Self::Block(Block::from_bits(rest)),
            6 => Self::User(u8::try_from(rest).ok()?),
            7 => Self::Bot(rest),
            8 => Self::Cursor(rest),
            _ => return None,
        })
    }
}

/// Whether a text looks like a UUID.
pub(crate) fn is_uuid(text: &str) -> bool {
    parse(text).is_some()
}

/// A version 4 UUID with 122 bits of content.
pub(crate) fn uuid(bits: u128) -> String {
    let (high, middle, low) = (bits >> 74 & ((1 << 48) - 1), bits >> 62 & 0xfff, bits & ((1 << 62) - 1));
    dashed(high << 80 | 4 << 76 | middle << 64 | 2 << 62 | low)
}

fn dashed(bits: u128) -> String {
    let hex = format!("{bits:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

fn parse(text: &str) -> Option<u128> {
    let hex = text.replace('-', "");
    let is_hex = hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    u128::from_str_radix(&hex, 16).ok().filter(|_| is_hex)
}

fn check(seed: u64, code: u64) -> u64 {
    Dice::new(seed, 9_001, code).below(0, CHECK)
}

/// Four rounds of a Feistel network, which can be inverted.
fn scramble(seed: u64, code: u64) -> u64 {
    let (mut left, mut right) = (code >> 32, code & 0xffff_ffff);
    for round in 0..4 {
        (left, right) = (right, left ^ half(seed, round, right));
    }
    left << 32 | right
}

fn unscramble(seed: u64, code: u64) -> u64 {
    let (mut left, mut right) = (code >> 32, code & 0xffff_ffff);
    for round in (0..4).rev() {
        (left, right) = (right ^ half(seed, round, left), left);
    }
    left << 32 | right
}

fn half(seed: u64, round: u64, half: u64) -> u64 {
    Dice::new(seed, 9_002, round).below(half, 1 << 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_leads_back_to_its_object_and_a_made_up_id_does_not() {
        let row = Row { source: 5, number: 70_000 };
        let objects = [Object::Page(399), Object::Row(row), Object::Database(4), Object::User(11), Object::Bot(77)];
        for object in objects {
            let id = object.id(1);
            assert_eq!(&id[14..15], "4", "{id}");
            assert_eq!(Object::named(1, &id), Some(object));
            assert_eq!(Object::named(1, &id.replace('-', "")), Some(object));
            assert_eq!(Object::named(2, &id), None);
        }
        for made_up in ["", "x", "be907abe-510e-4116-a3d1-7ea71018c06f", &Object::Page(1).id(1)[1..]] {
            assert_eq!(Object::named(1, made_up), None, "{made_up}");
        }
    }
}
