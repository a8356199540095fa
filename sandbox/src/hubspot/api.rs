//! The endpoints that need an access token.

pub(super) mod account;
pub(super) mod associations;
pub(super) mod auth;
pub(super) mod objects;
pub(super) mod owners;
pub(super) mod parameters;
pub(super) mod pipelines;
pub(super) mod properties;
pub(super) mod search;
pub(super) mod selection;
pub(super) mod writes;
