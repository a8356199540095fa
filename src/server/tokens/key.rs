//! Whose grant it is, and where it lies in the store.

use std::fmt;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    model::{AppError, ErrorCode, Subject},
    server::providers::Provider,
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

impl ConnectionKey {
    pub(super) fn not_connected(&self) -> AppError {
        let detail = format!("This user has not connected {0}. Connect {0} first.", self.provider.name);
        AppError::new(ErrorCode::NotConnected, detail)
    }
}
