//! Secrets that are ours to make, and the form in which the store may know them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::SecretString;
use sha2::{Digest, Sha256};

/// 256 random bits as 43 characters of `a-zA-Z0-9-_`.
pub fn token() -> SecretString {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()).into()
}

/// What the store keeps in place of a secret that somebody will present: who reads the store cannot present it.
pub fn digest(secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(secret))
}
