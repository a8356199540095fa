//! Consent, tokens, introspection and revocation.

pub(super) mod authorize;
mod consent;
pub(super) mod introspect;
pub(super) mod token;
