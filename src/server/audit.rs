//! The audit log of each organisation, and the actors in it.

mod actor;
mod entries;
mod log;
mod repeated_loads;

pub use actor::Actor;
pub use log::{AuditLog, MAX_PAGE};
