//! The version of the store's layout: the names of its keys and indexes and the form of its records.

/// The layout that this version reads and writes. It changes whenever an older version could not read the store, or this
/// one could not read an older store.
pub const LAYOUT: u32 = 2;

/// The store was written in another layout.
#[derive(Debug, thiserror::Error)]
#[error(
    "{store} was written by another version of Tributary: it has the layout {}, and this version reads the layout {LAYOUT}. Run the version that wrote it; or start over with an empty store ({remedy}), after which all users have to reconnect.",
    .found.map_or("of a version before 0.1".to_owned(), |found| found.to_string())
)]
pub struct LayoutMismatch {
    /// What the operator knows the store by.
    pub(super) store: String,
    /// `None` when it has no layout version.
    pub(super) found: Option<u32>,
    /// How to get an empty store.
    pub(super) remedy: String,
}

impl LayoutMismatch {
    /// Whether a store may be used: an empty one, or one of our layout. `found` is its layout as it stands there.
    pub(super) fn check(
        found: Option<u32>,
        is_empty: bool,
        store: impl FnOnce() -> (String, String),
    ) -> Result<(), Self> {
        if found == Some(LAYOUT) || (found.is_none() && is_empty) {
            return Ok(());
        }
        let (store, remedy) = store();
        Err(Self { store, found, remedy })
    }
}
