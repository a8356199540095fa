//! The workspace: three bases whose structure is written down in [`definition`] and whose records are computed from the
//! seed. Nothing here knows the API.

pub(super) mod catalog;
pub(super) mod cells;
pub(super) mod definition;
pub(super) mod ids;
