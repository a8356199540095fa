//! How a grant ends at its provider, when it is forgotten here.

/// What became of a grant at its provider when it was forgotten here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    /// Revoked.
    Done,
    /// The provider has no way for a program to revoke a grant.
    NotOffered,
    /// The provider did not say so.
    NotConfirmed,
    /// It was left: another connection lives on it.
    Shared,
}

impl Revocation {
    /// What became of it, for the audit trail.
    pub(super) fn sentence(self) -> &'static str {
        match self {
            Self::Done => "The grant was revoked at the provider.",
            Self::NotOffered => "The provider does not let programs revoke grants.",
            Self::NotConfirmed => "The provider did not confirm that the grant is revoked.",
            Self::Shared => "The grant was not revoked, since another connection of the same account lives on it.",
        }
    }
}
