//! Records that a removed key encrypts. They count as absent like forged ones, but are no sign of an attack.

use std::collections::BTreeSet;

use parking_lot::Mutex;

use super::{Keyring, keyring::may_be_named};

/// How many ids are remembered. Whoever writes to the store can make up more.
const MAX_IDS: usize = 16;

/// The ids of unknown keys that were logged.
#[derive(Default)]
pub(super) struct RemovedKeys(Mutex<BTreeSet<String>>);

impl RemovedKeys {
    /// Whether a record looks like one that a key which is not in the keyring encrypts. Each such key is logged once.
    pub(super) fn is_one_of_them(&self, keyring: &Keyring, record: &[u8]) -> bool {
        let id = std::str::from_utf8(record).ok().and_then(|record| Some(record.split_once('.')?.0));
        let Some(id) = id.filter(|id| may_be_named(id) && !keyring.has(id)) else { return false };
        let mut logged = self.0.lock();
        if !logged.contains(id) && logged.len() < MAX_IDS {
            logged.insert(id.to_owned());
            tracing::info!(
                key = id,
                "records in the store are encrypted with a key that is not configured, as after its removal; they count as absent, so some people may have to sign in again"
            );
        }
        logged.contains(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_id_of_an_unknown_key_is_that_of_a_removed_one() {
        let keyring = Keyring::parse(&Keyring::generate()).unwrap();
        let removed = RemovedKeys::default();
        let is_removed = |record: &str| removed.is_one_of_them(&keyring, record.as_bytes());
        assert!(is_removed("k1.abc") && is_removed("k1.abc"));
        let long = format!("{}.abc", "k".repeat(65));
        for other in [format!("{}.abc", keyring.current_id()).as_str(), "abc", ".abc", "2026-11-26T10:28:25.5", &long] {
            assert!(!is_removed(other), "{other}");
        }
        for number in 0..100 {
            is_removed(&format!("made-up-{number}.abc"));
        }
        assert_eq!(removed.0.lock().len(), MAX_IDS);
    }
}
