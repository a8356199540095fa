//! What went wrong inside, told once to the log and once, as a sentence, to whoever asked.

use super::store::StoreError;
use crate::model::{AppError, ErrorCode};

/// The store is away.
pub fn store(error: StoreError) -> AppError {
    tracing::error!(error = %error, "the store failed");
    AppError::new(
        ErrorCode::StoreUnavailable,
        "Tributary cannot reach its store just now. Try again in a minute; nothing was changed.",
    )
}

/// A defect of ours.
pub fn defect(error: &anyhow::Error) -> AppError {
    tracing::error!(error = format!("{error:#}"), "defect");
    AppError::internal()
}
