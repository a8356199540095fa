//! The encryption keys: XChaCha20-Poly1305 with 256-bit keys and a random 192-bit nonce for each message.

use anyhow::{Context, anyhow, bail};
use base64::{Engine, engine::general_purpose::STANDARD};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hkdf::Hkdf;
use secrecy::{
    ExposeSecret, ExposeSecretMut, SecretBox, SecretString,
    zeroize::{Zeroize, Zeroizing},
};
use sha2::Sha256;

/// The length of a nonce in bytes.
const NONCE: usize = 24;

/// A longer id of an unknown key is not named in errors.
const MAX_NAMED: usize = 64;

/// Keys with ids. The first key encrypts; all keys decrypt.
#[derive(Debug)]
pub struct Keyring(Vec<Key>);

#[derive(Debug)]
struct Key {
    id: String,
    bytes: SecretBox<[u8; 32]>,
}

impl Keyring {
    /// A new key with a random id, in the form that [`Keyring::parse`] accepts.
    pub fn generate() -> SecretString {
        format!("k{:08x}:{}", rand::random::<u32>(), STANDARD.encode(rand::random::<[u8; 32]>())).into()
    }

    /// The ids of all keys, the encrypting one first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|key| key.id.as_str())
    }

    /// The id of the key that encrypts.
    pub fn current_id(&self) -> &str {
        self.ids().next().unwrap_or_default()
    }

    /// Whether the key is in the keyring. The empty id stands for no key (an abandoned grant) and needs none.
    pub fn has(&self, id: &str) -> bool {
        id.is_empty() || self.ids().any(|ours| ours == id)
    }

    /// Parses `id:base64,id:base64,…`.
    pub fn parse(text: &SecretString) -> anyhow::Result<Self> {
        let mut keys = Vec::<Key>::new();
        for pair in text.expose_secret().split(',') {
            let (id, encoded) =
                pair.trim().split_once(':').context("expected pairs of the form id:key, separated by commas")?;
            if !is_id(id) {
                bail!("a key's id may contain letters, digits, - and _");
            }
            if keys.iter().any(|key| key.id == id) {
                bail!("the key id {id} appears twice");
            }
            let mut decoded = STANDARD.decode(encoded).map_err(|_| anyhow!("the key {id} is not base64"))?;
            let bytes = decoded
                .as_slice()
                .try_into()
                .map_err(|_| anyhow!("the key {id} has {} bytes; expected 32 bytes", decoded.len()))?;
            decoded.zeroize();
            keys.push(Key { id: id.to_owned(), bytes: SecretBox::new(Box::new(bytes)) });
        }
        Ok(Self(keys))
    }

    /// A keyring for one purpose: the same ids, with keys derived from these (HKDF-SHA256). What was encrypted for one
    /// purpose does not open for another.
    pub fn derive(&self, purpose: &str) -> Self {
        let derived = self.0.iter().map(|key| {
            let mut bytes = SecretBox::new(Box::new([0; 32]));
            let expanded = Hkdf::<Sha256>::new(None, key.bytes.expose_secret())
                .expand(purpose.as_bytes(), bytes.expose_secret_mut());
            expanded.expect("HKDF-SHA256 yields up to 8,160 bytes");
            Key { id: key.id.clone(), bytes }
        });
        Self(derived.collect())
    }

    /// Encrypts with the first key: `id.base64(nonce, ciphertext)`. Only the same additional data opens it.
    pub fn seal(&self, plaintext: &[u8], additional: &[u8]) -> anyhow::Result<String> {
        let key = self.0.first().context("the keyring is empty")?;
        let nonce = rand::random::<[u8; NONCE]>();
        let sealed = key.cipher().encrypt(&XNonce::from(nonce), Payload { msg: plaintext, aad: additional });
        let sealed = sealed.map_err(|_| anyhow!("encryption failed"))?;
        Ok(format!("{}.{}", key.id, STANDARD.encode([nonce.as_slice(), &sealed].concat())))
    }

    /// Decrypts what any of the keys encrypted.
    pub fn open(&self, sealed: &str, additional: &[u8]) -> anyhow::Result<Zeroizing<Vec<u8>>> {
        let (id, encoded) = sealed.split_once('.').context("not a sealed value")?;
        let key = self.0.iter().find(|key| key.id == id).with_context(|| match may_be_named(id) {
            true => format!("there is no key with the id {id}"),
            // It can be anything, and is not for the log.
            false => "not a sealed value".to_owned(),
        })?;
        let bytes = STANDARD.decode(encoded).context("not base64")?;
        let (nonce, ciphertext) = bytes.split_first_chunk::<NONCE>().context("too short")?;
        let opened = key.cipher().decrypt(&XNonce::from(*nonce), Payload { msg: ciphertext, aad: additional });
        Ok(Zeroizing::new(opened.map_err(|_| anyhow!("it was changed, or bound to another record"))?))
    }
}

/// Whether a text could be the id of a key, and be in the log as such.
pub(super) fn may_be_named(text: &str) -> bool {
    is_id(text) && text.len() <= MAX_NAMED
}

/// Whether a text has the form of a key's id.
fn is_id(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
}

impl Key {
    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.bytes.expose_secret().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(ids: &[&str]) -> Keyring {
        let pairs: Vec<_> = ids.iter().map(|id| format!("{id}:{}", STANDARD.encode([id.len() as u8; 32]))).collect();
        Keyring::parse(&pairs.join(",").into()).unwrap()
    }

    #[test]
    fn the_first_key_encrypts_and_all_keys_decrypt() {
        let old = ring(&["a"]).seal(b"secret", b"").unwrap();
        let both = ring(&["bb", "a"]);
        assert_eq!(both.open(&old, b"").unwrap().as_slice(), b"secret");
        assert!(both.seal(b"", b"").unwrap().starts_with("bb."));
        assert!(ring(&["bb"]).open(&old, b"").is_err());
    }

    #[test]
    fn an_error_names_an_unknown_key_by_its_id_and_nothing_else_that_stands_in_its_place() {
        let error = |sealed: &str| ring(&["a"]).open(sealed, b"").unwrap_err().to_string();
        assert_eq!(error("old-key_1.AAAA"), "there is no key with the id old-key_1");
        let long = format!("{}.AAAA", "x".repeat(65));
        for sealed in ["2026-11-26T10:28:25.5Z", "two words.AAAA", ".AAAA", &long] {
            assert_eq!(error(sealed), "not a sealed value", "{sealed}");
        }
    }

    #[test]
    fn a_sealed_value_does_not_open_elsewhere_or_when_changed() {
        let keys = ring(&["a"]);
        let sealed = keys.seal(b"secret", b"here").unwrap();
        assert!(keys.open(&sealed, b"there").is_err());
        for end in 3..sealed.len() {
            assert!(keys.open(&sealed[..end], b"here").is_err());
        }
        assert_ne!(sealed, keys.seal(b"secret", b"here").unwrap(), "the nonce is not random");
    }

    #[test]
    fn what_is_encrypted_for_one_purpose_does_not_open_for_another() {
        let keys = ring(&["a", "bb"]);
        let sealed = keys.derive("one").seal(b"secret", b"").unwrap();
        assert_eq!(keys.derive("one").open(&sealed, b"").unwrap().as_slice(), b"secret");
        assert!(keys.derive("other").open(&sealed, b"").is_err() && keys.open(&sealed, b"").is_err());
        assert!(keys.derive("one").open(&keys.seal(b"secret", b"").unwrap(), b"").is_err());
    }

    #[test]
    fn neither_debug_output_nor_an_error_contains_a_key() {
        let text = Keyring::generate();
        let encoded = text.expose_secret().split_once(':').unwrap().1.to_owned();
        assert!(!format!("{:?}", Keyring::parse(&text).unwrap()).contains(&encoded));
        let error = Keyring::parse(&format!("{0},{0}", text.expose_secret()).into()).unwrap_err();
        assert!(!format!("{error:#}").contains(&encoded));
    }
}
