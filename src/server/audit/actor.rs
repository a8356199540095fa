//! Who acts, and from where.

use crate::model::ActorKind;

/// Who causes an audit entry. Every function that writes to the audit log takes one, so none can be forgotten. Handlers take
/// the actor of a request after they have checked that it is allowed.
#[derive(Debug, Clone)]
pub struct Actor {
    pub kind: ActorKind,
    /// The client address of a request.
    pub address: Option<String>,
}

impl Actor {
    /// A request, with its client address.
    pub fn request(kind: ActorKind, address: Option<String>) -> Self {
        Self { kind, address }
    }

    /// The refresh scheduler.
    pub fn scheduler() -> Self {
        Self { kind: ActorKind::Scheduler, address: None }
    }

    pub fn command_line() -> Self {
        Self { kind: ActorKind::CommandLine, address: None }
    }
}
