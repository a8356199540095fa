//! The open redb file, which can be closed and opened again in place.
//!
//! After an I/O error, such as a disk that was full for a moment, redb refuses everything until the file is opened again. A
//! volume that is gone looks the same, and another file may be in its place. So only the file that this process opened at
//! the start is opened again, and nothing is created: an empty store would tell all users that they are not connected.

use std::{
    fs::{File, OpenOptions},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use redb::{Builder, Database, DatabaseError, ReadTransaction, ReadableDatabase, backends::FileBackend};
use tokio::sync::{RwLock, Semaphore};

use super::{InUse, tables};

/// The file is opened again at most once in this time.
const REOPEN_INTERVAL: Duration = Duration::from_secs(1);

/// How many scans may run at once. Each has a thread while it runs.
const CONCURRENT_SCANS: usize = 4;

/// The file, for any number of readers and one writer.
pub(super) struct SharedDatabase {
    path: PathBuf,
    cache_bytes: usize,
    /// The mark of this process's file.
    mark: u32,
    opened: RwLock<Opened>,
    scans: Semaphore,
}

struct Opened {
    /// `None` while the file can't be opened.
    database: Option<Database>,
    at: Instant,
}

impl SharedDatabase {
    /// Shares the database of a file that has the mark.
    pub(super) fn new(database: Database, mark: u32, path: &Path, cache_bytes: usize) -> Self {
        Self {
            path: path.to_owned(),
            cache_bytes,
            mark,
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
        opened.database = Some(self.open_same()?);
        Ok(())
    }

    /// Opens the file again if it is still the one that this process opened at the start.
    fn open_same(&self) -> anyhow::Result<Database> {
        let cannot_be_opened = || format!("{} cannot be opened", self.path.display());
        let is_other = || {
            format!(
                "{} is not the file that was opened at the start. Put that file back, or restart Tributary to use this one",
                self.path.display()
            )
        };
        let file = OpenOptions::new().read(true).write(true).open(&self.path).with_context(cannot_be_opened)?;
        // redb would create a database in an empty file.
        ensure!(file.metadata().with_context(cannot_be_opened)?.len() > 0, is_other());
        let database = open_file(file, &self.path, self.cache_bytes)?;
        ensure!(tables::mark(&database)? == Some(self.mark), is_other());
        Ok(database)
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
    let file = open_private(path).with_context(|| format!("{} cannot be opened", path.display()))?;
    open_file(file, path, cache_bytes)
}

fn open_file(file: File, path: &Path, cache_bytes: usize) -> anyhow::Result<Database> {
    let cannot_be_opened = || format!("{} cannot be opened", path.display());
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A new file with a mark.
    fn create(path: &Path, mark: u32) -> Database {
        let database = open(path, 1 << 20).unwrap();
        tables::check_layout(&database, path, mark).unwrap();
        database
    }

    #[test]
    fn only_the_file_of_the_start_is_opened_again_and_none_is_created() {
        let folder = tempfile::tempdir().unwrap();
        let [path, elsewhere] = ["store.redb", "elsewhere.redb"].map(|name| folder.path().join(name));
        let shared = SharedDatabase::new(create(&path, 1), 1, &path, 1 << 20);
        shared.opened.try_write().unwrap().database = None;
        let error = || format!("{:#}", shared.open_same().expect_err("it is opened"));

        std::fs::rename(&path, &elsewhere).unwrap();
        assert!(error().contains("cannot be opened") && !path.exists(), "{}", error());
        File::create(&path).unwrap();
        assert!(error().contains("is not the file"), "{}", error());
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 0);
        std::fs::remove_file(&path).unwrap();
        drop(create(&path, 2));
        assert!(error().contains("is not the file"), "{}", error());
        std::fs::rename(&elsewhere, &path).unwrap();
        assert!(shared.open_same().is_ok());
    }
}
