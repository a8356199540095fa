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
    let beside = path.with_extension(format!("new-{}", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(secret.expose_secret().as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    let linked = fs::hard_link(&beside, path);
    fs::remove_file(&beside)?;
    linked.or_else(|error| if error.kind() == ErrorKind::AlreadyExists { Ok(()) } else { Err(error) })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

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
