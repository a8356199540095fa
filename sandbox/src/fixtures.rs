//! What generated records are made of: deterministic choices and a shared vocabulary.

pub(crate) mod dice;
pub(crate) mod vocabulary;
