//! The data folder: the embedded store, and the keys that were generated because none were given.

use std::{
    fs,
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};

/// A folder that only its owner can look into. It is made when something is first put there.
pub struct DataDir(PathBuf);

impl DataDir {
    /// Names the folder, without making it.
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Makes the folder, mode 0700. One that is there already must be closed to others; it may hold other things too, so
    /// its owner closes it.
    pub fn create(path: &Path) -> anyhow::Result<()> {
        let unusable = || format!("TRIBUTARY_DATA_DIR is {:?}, and that folder cannot be made or read", path.display());
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
                "TRIBUTARY_DATA_DIR is {0:?}, and others on this machine can look into that folder. Name a folder that Tributary has to itself, and close it: chmod 700 {0:?}",
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
            Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.display())),
        }
    }

    /// The secret in the file `name`; made by `generate` when there is none.
    pub fn secret(&self, name: &str, generate: impl FnOnce() -> SecretString) -> anyhow::Result<SecretString> {
        if let Some(secret) = self.read(name)? {
            return Ok(secret);
        }
        Self::create(&self.0)?;
        let path = self.0.join(name);
        write_private(&path, &generate()).with_context(|| format!("{} cannot be written", path.display()))?;
        // Of two that start at once, both use what the first one wrote.
        self.read(name)?.with_context(|| format!("{} was written and is not there", path.display()))
    }
}

impl From<DataDir> for PathBuf {
    fn from(folder: DataDir) -> Self {
        folder.0
    }
}

/// Writes beside the file and links it into place: a crash leaves no file or a whole one, and one that somebody else put
/// there meanwhile stays.
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
    fn a_secret_is_made_once_and_only_its_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::new(folder.path().join("data"));
        let secret = data.secret("key", || "first".to_owned().into()).unwrap();
        let again = data.secret("key", || "second".to_owned().into()).unwrap();
        assert_eq!((secret.expose_secret(), again.expose_secret()), ("first", "first"));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&data.0), mode(&data.0.join("key"))), (0o700, 0o600));
    }
}
