//! Tokens that describe themselves: a payload signed with a key made from the seed. A restarted sandbox therefore accepts
//! what it issued before, and only what was used, rotated or revoked has to be remembered.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac, digest::Output};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256, Sha512};

/// Signs and opens tokens.
pub(crate) struct Signer {
    prefix: &'static str,
    /// As long as a block of SHA-256, which is what HMAC works with.
    key: Output<Sha512>,
}

/// Characters of a signature: SHA-256 in unpadded base64.
const SIGNATURE: usize = 43;

impl Signer {
    /// `prefix` starts every token; `purpose` keeps the tokens of one provider from passing as another's.
    pub(crate) fn new(prefix: &'static str, purpose: &str, seed: u64) -> Self {
        let key = Sha512::digest(format!("tributary sandbox, {purpose}, seed {seed}"));
        Self { prefix, key }
    }

    /// The token that carries `payload`.
    pub(crate) fn seal<T: Serialize>(&self, payload: &T) -> String {
        let payload = URL_SAFE_NO_PAD.encode(serde_json::to_vec(payload).unwrap_or_default());
        let signature = URL_SAFE_NO_PAD.encode(self.mac(&payload).finalize().into_bytes());
        format!("{}{payload}{signature}", self.prefix)
    }

    /// What `token` carries, if this sandbox, or an earlier one with the same seed, made it.
    pub(crate) fn open<T: DeserializeOwned>(&self, token: &str) -> Option<T> {
        let rest = token.strip_prefix(self.prefix)?;
        let (payload, signature) = rest.split_at_checked(rest.len().checked_sub(SIGNATURE)?)?;
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
    fn a_token_opens_with_the_same_seed_and_with_no_other() {
        let token = Signer::new("na1-", "test", 7).seal(&("client", 12));
        assert_eq!(Signer::new("na1-", "test", 7).open(&token), Some(("client".to_owned(), 12)));
        assert_eq!(Signer::new("na1-", "test", 8).open::<(String, i32)>(&token), None);
        assert_eq!(Signer::new("na1-", "other", 7).open::<(String, i32)>(&token), None);
    }

    #[test]
    fn a_changed_or_cut_token_does_not_open() {
        let signer = Signer::new("na1-", "test", 7);
        let token = signer.seal(&"x");
        for broken in [&token[..token.len() - 1], &token[4..], "na1-", "", &token.replace("na1-", "na1-A"), "na1-é"] {
            assert_eq!(signer.open::<String>(broken), None, "{broken}");
        }
    }
}
