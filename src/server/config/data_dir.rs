//! The data folder: the embedded store, and generated keys.

use std::{
    fs,
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};

/// A folder that only its owner can access. It is created when something is first stored in it.
pub struct DataDir(PathBuf);

impl DataDir {
    /// Names the folder without creating it.
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Creates the folder with mode 0700. An existing folder must already be inaccessible to others: it may contain other
    /// things, so closing it is left to its owner.
    pub fn create(path: &Path) -> anyhow::Result<()> {
        let unusable =
            || format!("TRIBUTARY_DATA_DIR is {:?}, and that folder can't be created or read", path.display());
        if !path.exists() {
            let mut builder = fs::DirBuilder::new();
            builder.recursive(true);
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            builder.create(path).with_context(unusable)?;
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(path).with_context(unusable)?.permissions().mode();
            anyhow::ensure!(
                mode & 0o077 == 0,
                "TRIBUTARY_DATA_DIR is {0:?}, and other users of this machine can access that folder. Use a folder for Tributary alone, and restrict it to its owner: chmod 700 {0:?}",
                path.display()
            );
        }
        Ok(())
    }

    /// The secret in the file `name`, if there is one.
    pub fn read(&self, name: &str) -> anyhow::Result<Option<SecretString>> {
        let path = self.0.join(name);
        match fs::read_to_string(&path) {
            Ok(secret) => Ok(Some(secret.trim().to_owned().into())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("{} can't be read", path.display())),
        }
    }

    /// The secret in the file `name`, generated if there is none.
    pub fn secret(&self, name: &str, generate: impl FnOnce() -> SecretString) -> anyhow::Result<SecretString> {
        if let Some(secret) = self.read(name)? {
            return Ok(secret);
        }
        Self::create(&self.0)?;
        let path = self.0.join(name);
        write_private(&path, &generate()).with_context(|| format!("{} can't be written", path.display()))?;
        // Two processes that start at once both use what the first one wrote.
        self.read(name)?.with_context(|| format!("{} disappeared after it was written", path.display()))
    }
}

impl From<DataDir> for PathBuf {
    fn from(folder: DataDir) -> Self {
        folder.0
    }
}

/// Writes a temporary file and links it into place: a crash leaves either no file or a complete one, and a file that
/// another process created meanwhile stays.
fn write_private(path: &Path, secret: &SecretString) -> std::io::Result<()> {
    // Not the process id: in containers that share the folder, every process may have the same.
    let beside = path.with_extension(format!("new-{:016x}", rand::random::<u64>()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    let linked = (|| {
        file.write_all(secret.expose_secret().as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::hard_link(&beside, path)
    })();
    fs::remove_file(&beside)?;
    linked.or_else(|error| if error.kind() == ErrorKind::AlreadyExists { Ok(()) } else { Err(error) })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::{collections::HashSet, os::unix::fs::PermissionsExt, sync::Barrier, thread};

    #[test]
    fn raced_starts_with_one_process_id_all_use_the_same_secret() {
        const STARTS: usize = 12;
        for _ in 0..10 {
            let folder = tempfile::tempdir().unwrap();
            let (data, barrier) = (DataDir::new(folder.path().join("data")), Barrier::new(STARTS));
            let start = |number: usize| {
                barrier.wait();
                data.secret("key", || format!("secret {number}").into()).unwrap().expose_secret().to_owned()
            };
            let secrets: HashSet<_> = thread::scope(|scope| {
                let starts: Vec<_> = (0..STARTS)
                    .map(|number| {
                        scope.spawn({
                            let start = &start;
                            move || start(number)
                        })
                    })
                    .collect();
                starts.into_iter().map(|start| start.join().unwrap()).collect()
            });
            assert_eq!(secrets.len(), 1, "{secrets:?}");
            assert_eq!(fs::read_dir(&data.0).unwrap().count(), 1, "temporary files remain");
        }
    }

    #[test]
    fn a_secret_is_generated_once_and_only_its_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::new(folder.path().join("data"));
        let secret = data.secret("key", || "first".to_owned().into()).unwrap();
        let again = data.secret("key", || "second".to_owned().into()).unwrap();
        assert_eq!((secret.expose_secret(), again.expose_secret()), ("first", "first"));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&data.0), mode(&data.0.join("key"))), (0o700, 0o600));
    }
}
