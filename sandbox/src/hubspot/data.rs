//! What is in the account. Nothing here knows the API.

pub(super) mod catalog;
pub(super) mod owners;
pub(super) mod rows;
pub(super) mod vocabulary;
