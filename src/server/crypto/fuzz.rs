//! Fuzz targets: sealed values, as somebody who writes to the store may change them, and keyrings.

use proptest::prelude::*;
use secrecy::ExposeSecret;

use super::Keyring;
use crate::server::fuzzing::{fuzz, mutated, text};

#[test]
fn a_sealed_value_opens_only_unchanged_and_in_its_place() {
    let keys = Keyring::parse(&Keyring::generate()).unwrap();
    let sealed: Vec<_> = (0..8_u8).map(|length| keys.seal(&vec![length; length.into()], b"here").unwrap()).collect();
    let all = sealed.clone();
    let changed = (0..sealed.len()).prop_flat_map(move |index| (Just(index), mutated(Just(all[index].clone()))));
    let key_id = keys.current_id().to_owned();
    let made_up = text().prop_map(move |text| (0, format!("{key_id}.{text}")));
    let any_text = text().prop_map(|text| (0, text));
    let input = (
        prop_oneof![6 => changed, 1 => made_up, 1 => any_text],
        prop_oneof![3 => Just("here".to_owned()), 1 => text()],
    );
    fuzz("sealed-values", &input, |((index, value), place)| {
        let is_intact = value == sealed[index] && place == "here";
        let opened = keys.open(&value, place.as_bytes());
        prop_assert_eq!(opened.is_ok(), is_intact, "{:?}", opened.map(|plaintext| plaintext.to_vec()));
        Ok(())
    });
}

#[test]
fn a_keyring_is_read_or_refused() {
    let generated = Just(()).prop_perturb(|(), _| Keyring::generate().expose_secret().to_owned());
    fuzz("keyrings", &prop_oneof![mutated(generated), text()], |text| {
        if let Ok(keys) = Keyring::parse(&text.into()) {
            let sealed = keys.seal(b"secret", b"here").unwrap();
            let opened = keys.open(&sealed, b"here").unwrap();
            prop_assert_eq!(opened.as_slice(), b"secret");
        }
        Ok(())
    });
}
