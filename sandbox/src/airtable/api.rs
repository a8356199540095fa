//! The endpoints that need an access token.

pub(super) mod auth;
pub(super) mod comments;
pub(super) mod list;
pub(super) mod meta;
pub(super) mod records;
mod tables;
