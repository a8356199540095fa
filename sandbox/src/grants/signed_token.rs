//! Self-contained tokens: a payload, signed with a key that is derived from the seed. Every sandbox with the same seed
//! accepts them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac, digest::Output};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256, Sha512};

pub(crate) struct Signer {
    prefix: &'static str,
    /// As long as a block of SHA-256, the longest key that HMAC uses as it is.
    key: Output<Sha512>,
}

/// Length of a signature: SHA-256 in unpadded base64.
const SIGNATURE_LENGTH: usize = 43;

impl Signer {
    /// `prefix` starts every token. `purpose` separates keys, so that one signer does not accept another's tokens.
    pub(crate) fn new(prefix: &'static str, purpose: &str, seed: u64) -> Self {
        let key = Sha512::digest(format!("tributary sandbox, {purpose}, seed {seed}"));
        Self { prefix, key }
    }

    pub(crate) fn sign<T: Serialize>(&self, payload: &T) -> String {
        let payload = URL_SAFE_NO_PAD.encode(serde_json::to_vec(payload).unwrap_or_default());
        let signature = URL_SAFE_NO_PAD.encode(self.mac(&payload).finalize().into_bytes());
        format!("{}{payload}{signature}", self.prefix)
    }

    /// The payload, if a signer with the same purpose and seed made the token.
    pub(crate) fn verify<T: DeserializeOwned>(&self, token: &str) -> Option<T> {
        let rest = token.strip_prefix(self.prefix)?;
        let (payload, signature) = rest.split_at_checked(rest.len().checked_sub(SIGNATURE_LENGTH)?)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        self.mac(payload).verify_slice(&signature).ok()?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
    }

    fn mac(&self, payload: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new(&self.key);
        mac.update(payload.as_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_accepted_with_the_same_seed_and_purpose_only() {
        let token = Signer::new("na1-", "test", 7).sign(&("client", 12));
        assert_eq!(Signer::new("na1-", "test", 7).verify(&token), Some(("client".to_owned(), 12)));
        assert_eq!(Signer::new("na1-", "test", 8).verify::<(String, i32)>(&token), None);
        assert_eq!(Signer::new("na1-", "other", 7).verify::<(String, i32)>(&token), None);
    }

    #[test]
    fn a_changed_or_truncated_token_is_rejected() {
        let signer = Signer::new("na1-", "test", 7);
        let token = signer.sign(&"x");
        for broken in [&token[..token.len() - 1], &token[4..], "na1-", "", &token.replace("na1-", "na1-A"), "na1-é"] {
            assert_eq!(signer.verify::<String>(broken), None, "{broken}");
        }
    }
}
