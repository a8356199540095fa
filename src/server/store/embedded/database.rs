//! The open redb file, which can be closed and opened again in place.
//!
//! After an I/O error, such as a disk that was full for a moment, redb refuses everything until the file is opened again.

use std::{
    fs::{File, OpenOptions},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context;
use redb::{Builder, Database, DatabaseError, ReadTransaction, ReadableDatabase, backends::FileBackend};
use tokio::sync::{RwLock, Semaphore};

use super::InUse;

/// The file is opened again at most once in this time.
const REOPEN_INTERVAL: Duration = Duration::from_secs(1);

/// How many scans may run at once. Each has a thread while it runs.
const CONCURRENT_SCANS: usize = 4;

/// The file, for any number of readers and one writer.
pub(super) struct SharedDatabase {
    path: PathBuf,
    cache_bytes: usize,
    opened: RwLock<Opened>,
    scans: Semaphore,
}

struct Opened {
    /// `None` while the file can't be opened.
    database: Option<Database>,
    at: Instant,
}

impl SharedDatabase {
    pub(super) fn new(database: Database, path: &Path, cache_bytes: usize) -> Self {
        Self {
            path: path.to_owned(),
            cache_bytes,
            opened: RwLock::new(Opened { database: Some(database), at: Instant::now() }),
            scans: Semaphore::new(CONCURRENT_SCANS),
        }
    }

    /// Looks something up, which takes microseconds: less than a thread of its own would.
    pub(super) async fn look_up<T>(
        &self,
        query: impl FnOnce(&ReadTransaction) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let opened = self.opened.read().await;
        query(&opened.database()?.begin_read()?)
    }

    /// Reads many entries on a thread of its own.
    pub(super) async fn scan<T: Send + 'static>(
        self: &Arc<Self>,
        query: impl FnOnce(&ReadTransaction) -> anyhow::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        let _permit = self.scans.acquire().await?;
        let shared = self.clone();
        let scan = move || query(&shared.opened.blocking_read().database()?.begin_read()?);
        tokio::task::spawn_blocking(scan).await?
    }

    /// Runs a change on the thread of the writer.
    pub(super) fn with<T>(&self, change: impl FnOnce(&Database) -> anyhow::Result<T>) -> anyhow::Result<T> {
        change(self.opened.blocking_read().database()?)
    }

    /// The same, while nobody else uses the file.
    pub(super) fn with_exclusive<T>(
        &self,
        change: impl FnOnce(&mut Database) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let mut opened = self.opened.blocking_write();
        change(opened.database.as_mut().context(NOT_OPEN)?)
    }

    pub(super) fn is_open(&self) -> bool {
        self.opened.blocking_read().database.is_some()
    }

    /// Closes the file and opens it again, which makes redb forget an I/O error. What was committed is still there.
    pub(super) fn reopen(&self) -> anyhow::Result<()> {
        let mut opened = self.opened.blocking_write();
        if opened.at.elapsed() < REOPEN_INTERVAL {
            return Ok(());
        }
        opened.at = Instant::now();
        // Both hold the lock of the file.
        opened.database = None;
        opened.database = Some(open(&self.path, self.cache_bytes)?);
        Ok(())
    }
}

const NOT_OPEN: &str =
    "the file of the embedded store could not be opened again after an I/O error; that is tried every second";

impl Opened {
    fn database(&self) -> anyhow::Result<&Database> {
        self.database.as_ref().context(NOT_OPEN)
    }
}

/// Opens or creates the file.
pub(super) fn open(path: &Path, cache_bytes: usize) -> anyhow::Result<Database> {
    let cannot_be_opened = || format!("{} cannot be opened", path.display());
    let file = open_private(path).with_context(cannot_be_opened)?;
    let backend = FileBackend::new(file).with_context(cannot_be_opened)?;
    Builder::new().set_cache_size(cache_bytes).create_with_backend(backend).map_err(|error| match error {
        DatabaseError::DatabaseAlreadyOpen => InUse(path.to_owned()).into(),
        error => anyhow::Error::new(error).context(cannot_be_opened()),
    })
}

/// Opens or creates a file that only its owner can access. An existing file's mode is repaired.
fn open_private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if file.metadata()?.permissions().mode() & 0o077 != 0 {
            file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        }
    }
    Ok(file)
}
