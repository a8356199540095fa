//! Consent with its base picker, and the token endpoint. Airtable has no introspection and no revocation.

pub(super) mod authorize;
mod client;
mod consent;
pub(super) mod refresh;
pub(super) mod scopes;
pub(super) mod token;
