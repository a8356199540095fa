//! Cryptography: the keyring that encrypts grants, records sealed to their place in the store, and random secrets.
//!
//! Everything that is encrypted goes through here. It does not know what the plaintext is.

#[cfg(test)]
mod fuzz;
mod keyring;
mod removed_keys;
mod sealed;
mod secret;

pub use keyring::Keyring;
pub use sealed::{Opened, SealedError, SealedStore};
pub use secret::{digest, random_secret};
