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

    /// Makes the folder, mode 0700.
    pub fn create(path: &Path) -> anyhow::Result<()> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(path)
            .with_context(|| format!("TRIBUTARY_DATA_DIR is {:?}, and that folder cannot be made", path.display()))?;
        #[cfg(unix)]
        fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o700))
            .with_context(|| format!("the data folder {} cannot be closed to others", path.display()))?;
        Ok(())
    }

    /// The secret in the file `name`; made by `generate` when there is none.
    pub fn secret(
        &self,
        name: &str,
        generate: impl FnOnce() -> anyhow::Result<SecretString>,
    ) -> anyhow::Result<SecretString> {
        let path = self.0.join(name);
        match fs::read_to_string(&path) {
            Ok(secret) => Ok(secret.trim().to_owned().into()),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Self::create(&self.0)?;
                let secret = generate()?;
                write_private(&path, &secret).with_context(|| format!("{} cannot be written", path.display()))?;
                Ok(secret)
            }
            Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.display())),
        }
    }
}

impl From<DataDir> for PathBuf {
    fn from(folder: DataDir) -> Self {
        folder.0
    }
}

/// Writes beside the file and renames, so that a crash leaves either no file or a whole one.
fn write_private(path: &Path, secret: &SecretString) -> std::io::Result<()> {
    let beside = path.with_extension("new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(secret.expose_secret().as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    fs::rename(beside, path)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_secret_is_made_once_and_only_its_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::new(folder.path().join("data"));
        let secret = data.secret("key", || Ok("first".to_owned().into())).unwrap();
        let again = data.secret("key", || Ok("second".to_owned().into())).unwrap();
        assert_eq!((secret.expose_secret(), again.expose_secret()), ("first", "first"));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&data.0), mode(&data.0.join("key"))), (0o700, 0o600));
    }
}
