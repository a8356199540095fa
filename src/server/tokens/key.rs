//! Whose grant it is, and where it lies in the store.

use std::fmt;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::{
    model::{AppError, ErrorCode, Subject},
    server::providers::{self, Provider},
};

/// Whose grant, and where. Its text is the key in the store: `connection/{provider}/{org}/{user}`, with both ids
/// percent-encoded, so that no choice of ids reaches another pair's grant.
#[derive(Clone)]
pub struct ConnectionKey {
    /// Who connected.
    pub subject: Subject,
    /// What they connected.
    pub provider: &'static Provider,
}

impl fmt::Display for ConnectionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encoded = |id| utf8_percent_encode(id, NON_ALPHANUMERIC);
        write!(
            f,
            "connection/{}/{}/{}",
            self.provider.slug,
            encoded(self.subject.org_id()),
            encoded(self.subject.user_id())
        )
    }
}

/// What every key in the store begins with.
pub(super) const PREFIX: &str = "connection/";

impl ConnectionKey {
    /// The key that has this text; `None` when it is none of ours, such as one of a provider that is gone.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix(PREFIX)?.split('/');
        let provider = providers::find(parts.next()?)?;
        let mut decoded = || percent_decode_str(parts.next()?).decode_utf8().ok();
        let subject = Subject::new(decoded()?, decoded()?).ok()?;
        Some(Self { subject, provider })
    }

    pub(super) fn not_connected(&self) -> AppError {
        let detail = format!("This user has not connected {0}. Connect {0} first.", self.provider.name);
        AppError::new(ErrorCode::NotConnected, detail)
    }
}
