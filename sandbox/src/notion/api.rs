//! The endpoints that need an access token.

pub(super) mod auth;
pub(super) mod blocks;
pub(super) mod body;
pub(super) mod databases;
pub(super) mod pages;
pub(super) mod paging;
pub(super) mod query;
pub(super) mod search;
pub(super) mod users;
