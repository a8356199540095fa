//! The keys with which grants are sealed: XChaCha20-Poly1305, 256-bit keys, a random 192-bit nonce each time.

use anyhow::{Context, anyhow, bail};
use base64::{Engine, engine::general_purpose::STANDARD};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use secrecy::{
    ExposeSecret, SecretBox, SecretString,
    zeroize::{Zeroize, Zeroizing},
};

const NONCE: usize = 24;

/// Keys with ids. The first seals; all of them open.
#[derive(Debug)]
pub struct Keyring(Vec<Key>);

#[derive(Debug)]
struct Key {
    id: String,
    bytes: SecretBox<[u8; 32]>,
}

impl Keyring {
    /// One key with an id that no other has, in the form that [`Keyring::parse`] takes.
    pub fn generate() -> SecretString {
        format!("k{:08x}:{}", rand::random::<u32>(), STANDARD.encode(rand::random::<[u8; 32]>())).into()
    }

    /// The ids of all keys, the sealing one first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|key| key.id.as_str())
    }

    /// The id of the key that seals.
    pub fn first_id(&self) -> &str {
        self.ids().next().unwrap_or_default()
    }

    /// Whether a key is among them. What was given up, and so is sealed under none, needs none.
    pub fn has(&self, id: &str) -> bool {
        id.is_empty() || self.ids().any(|ours| ours == id)
    }

    /// Reads `id:base64,id:base64,…`.
    pub fn parse(text: &SecretString) -> anyhow::Result<Self> {
        let mut keys = Vec::<Key>::new();
        for pair in text.expose_secret().split(',') {
            let (id, encoded) =
                pair.trim().split_once(':').context("it takes pairs of the form id:key, separated by commas")?;
            if id.is_empty() || !id.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)) {
                bail!("a key's id takes letters, digits, - and _");
            }
            if keys.iter().any(|key| key.id == id) {
                bail!("the key id {id} is there twice");
            }
            let mut decoded = STANDARD.decode(encoded).map_err(|_| anyhow!("the key {id} is not base64"))?;
            let bytes = decoded
                .as_slice()
                .try_into()
                .map_err(|_| anyhow!("the key {id} has {} bytes; it takes 32 bytes", decoded.len()))?;
            decoded.zeroize();
            keys.push(Key { id: id.to_owned(), bytes: SecretBox::new(Box::new(bytes)) });
        }
        Ok(Self(keys))
    }

    /// Seals under the first key: `id.base64(nonce, ciphertext)`. It opens only with the same additional data.
    pub fn seal(&self, plaintext: &[u8], additional: &[u8]) -> anyhow::Result<String> {
        let key = self.0.first().context("there is no key")?;
        let nonce = rand::random::<[u8; NONCE]>();
        let sealed = key.cipher().encrypt(&XNonce::from(nonce), Payload { msg: plaintext, aad: additional });
        let sealed = sealed.map_err(|_| anyhow!("encryption failed"))?;
        Ok(format!("{}.{}", key.id, STANDARD.encode([nonce.as_slice(), &sealed].concat())))
    }

    /// Opens what was sealed under any of the keys.
    pub fn open(&self, sealed: &str, additional: &[u8]) -> anyhow::Result<Zeroizing<Vec<u8>>> {
        let (id, encoded) = sealed.split_once('.').context("it is not in the form of a sealed value")?;
        let key =
            self.0.iter().find(|key| key.id == id).with_context(|| format!("there is no key with the id {id}"))?;
        let bytes = STANDARD.decode(encoded).context("it is not base64")?;
        let (nonce, ciphertext) = bytes.split_first_chunk::<NONCE>().context("it is too short")?;
        let opened = key.cipher().decrypt(&XNonce::from(*nonce), Payload { msg: ciphertext, aad: additional });
        Ok(Zeroizing::new(opened.map_err(|_| anyhow!("it was changed, or belongs to another connection"))?))
    }
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
    fn the_first_key_seals_and_all_keys_open() {
        let old = ring(&["a"]).seal(b"secret", b"").unwrap();
        let both = ring(&["bb", "a"]);
        assert_eq!(both.open(&old, b"").unwrap().as_slice(), b"secret");
        assert!(both.seal(b"", b"").unwrap().starts_with("bb."));
        assert!(ring(&["bb"]).open(&old, b"").is_err());
    }

    #[test]
    fn a_sealed_value_opens_nowhere_else_and_not_when_changed() {
        let keys = ring(&["a"]);
        let sealed = keys.seal(b"secret", b"here").unwrap();
        assert!(keys.open(&sealed, b"there").is_err());
        for end in 3..sealed.len() {
            assert!(keys.open(&sealed[..end], b"here").is_err());
        }
        assert_ne!(sealed, keys.seal(b"secret", b"here").unwrap(), "the nonce is not random");
    }

    #[test]
    fn neither_debug_nor_an_error_shows_a_key() {
        let text = Keyring::generate();
        let encoded = text.expose_secret().split_once(':').unwrap().1.to_owned();
        assert!(!format!("{:?}", Keyring::parse(&text).unwrap()).contains(&encoded));
        let error = Keyring::parse(&format!("{0},{0}", text.expose_secret()).into()).unwrap_err();
        assert!(!format!("{error:#}").contains(&encoded));
    }
}
