//! Random secrets, and the digests under which the store knows them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::SecretString;
use sha2::{Digest, Sha256};

/// 256 random bits as 43 characters of `a-zA-Z0-9-_`.
pub fn random_secret() -> SecretString {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()).into()
}

/// The SHA-256 of a secret. The store holds this in place of the secret itself, so that somebody who reads the store
/// cannot present it. It needs neither a salt nor a slow hash, because nobody can guess 256 random bits; and it needs no
/// key, because it only names a record, whose content is sealed.
pub fn digest(secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(secret))
}
