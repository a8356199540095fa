//! Consent with its page picker, tokens, introspection and revocation.

pub(super) mod authorize;
mod client;
mod consent;
pub(super) mod introspect;
pub(super) mod token;
