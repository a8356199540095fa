//! Ids: a prefix of three letters and fourteen letters or digits. A record's id encodes its index, shuffled, so the
//! record is found without a lookup table. All other ids are derived from the seed and a name.

use crate::fixtures::dice::Dice;

const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Characters that encode the shuffled index: 62 to the power of eleven is more than 2 to the power of 64.
const BODY: usize = 11;
/// Characters of the checksum, which tells ids of this table from made-up ones.
const CHECK: usize = 3;
/// Rounds of the Feistel network.
const ROUNDS: u64 = 4;

/// The id for a name, always the same for a seed: `named(1, "tbl", "Launches")`.
pub(crate) fn named(seed: u64, prefix: &str, name: &str) -> String {
    let dice = Dice::new(seed, hash(prefix), hash(name));
    let letters = (0..(BODY + CHECK) as u64).map(|place| char::from(dice.pick(place, ALPHABET)));
    letters.fold(prefix.to_owned(), |mut id, letter| {
        id.push(letter);
        id
    })
}

/// The FNV-1a hash of a text.
pub(crate) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[derive(Clone, Copy)]
pub(crate) struct RecordIds {
    rounds: Dice,
}

impl RecordIds {
    pub(crate) fn new(seed: u64, table: &str) -> Self {
        Self { rounds: Dice::new(seed, hash("rec"), hash(table)) }
    }

    pub(crate) fn id(self, index: u64) -> String {
        let shuffled = self.shuffle(index);
        let mut id = "rec".to_owned();
        push_digits(&mut id, shuffled, BODY);
        push_digits(&mut id, self.check(shuffled), CHECK);
        id
    }

    /// The index that an id of this table encodes.
    pub(crate) fn index(self, id: &str) -> Option<u64> {
        let digits = id.strip_prefix("rec").filter(|digits| digits.len() == BODY + CHECK)?;
        let (body, check) = digits.split_at_checked(BODY)?;
        let shuffled = number(body)?;
        (number(check)? == self.check(shuffled)).then(|| self.unshuffle(shuffled))
    }

    fn check(self, shuffled: u64) -> u64 {
        self.rounds.below(shuffled ^ ROUNDS, 62 * 62 * 62)
    }

    /// A Feistel network, which can be inverted.
    fn shuffle(self, index: u64) -> u64 {
        let (mut left, mut right) = (index >> 32, index & 0xffff_ffff);
        for round in 0..ROUNDS {
            (left, right) = (right, left ^ self.half(round, right));
        }
        left << 32 | right
    }

    fn unshuffle(self, shuffled: u64) -> u64 {
        let (mut left, mut right) = (shuffled >> 32, shuffled & 0xffff_ffff);
        for round in (0..ROUNDS).rev() {
            (left, right) = (right ^ self.half(round, left), left);
        }
        left << 32 | right
    }

    fn half(self, round: u64, right: u64) -> u64 {
        self.rounds.below((round + 1) << 32 | right, 1 << 32)
    }
}

fn push_digits(id: &mut String, mut number: u64, places: usize) {
    for _ in 0..places {
        id.push(char::from(ALPHABET[(number % 62) as usize]));
        number /= 62;
    }
}

fn number(digits: &str) -> Option<u64> {
    digits.bytes().rev().try_fold(0_u64, |number, digit| {
        let value = ALPHABET.iter().position(|letter| *letter == digit)? as u64;
        number.checked_mul(62)?.checked_add(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_decoded_from_its_id() {
        let ids = RecordIds::new(1, "Launches");
        for index in [0, 1, 2, 61, 62, 374, 1_000_000, u64::from(u32::MAX), u64::MAX] {
            let id = ids.id(index);
            assert_eq!(id.len(), 17, "{id}");
            assert_eq!(ids.index(&id), Some(index), "{id}");
        }
    }

    #[test]
    fn ids_of_other_tables_and_seeds_are_not_accepted() {
        let id = RecordIds::new(1, "Launches").id(7);
        assert_eq!(RecordIds::new(1, "Tasks").index(&id), None);
        assert_eq!(RecordIds::new(2, "Launches").index(&id), None);
        for made_up in ["", "rec", "recAAAAAAAAAAAAAA", "rec99999999999999", "recÄÄÄÄÄÄÄ", "tblAAAAAAAAAAAAAA", "0"]
        {
            assert_eq!(RecordIds::new(1, "Launches").index(made_up), None, "{made_up}");
        }
    }

    #[test]
    fn ids_depend_only_on_seed_prefix_and_name() {
        assert_eq!(named(1, "tbl", "Launches"), named(1, "tbl", "Launches"));
        assert_ne!(named(1, "tbl", "Launches"), named(2, "tbl", "Launches"));
        assert_ne!(named(1, "tbl", "Launches")[3..], named(1, "viw", "Launches")[3..]);
    }
}
