//! The master key: from the settings, or, outside production, from a file that is made when missing.

use std::fs::{self, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use autorisen_domain::error::PortError;
use autorisen_domain::id::Random as _;
use autorisen_security::{MasterKey, SystemRandom};
use secrecy::SecretString;
use slog::{Logger, info};

use crate::config::{AppEnv, AuthSettings};
use crate::logging::EVENT;

/// There is no master key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MasterKeyError {
    /// The settings have none, and where they must.
    #[error("SECRET_KEY is not set")]
    Missing,
    /// The file cannot be read or made.
    #[error("cannot use the key file {}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No key could be made.
    #[error(transparent)]
    Random(#[from] PortError),
}

/// The master key of the settings. Where they have none, and need none, the one of `path`.
pub(crate) fn load(
    settings: &AuthSettings,
    env: AppEnv,
    path: &Path,
    log: &Logger,
) -> Result<MasterKey, MasterKeyError> {
    let current = match &settings.secret_key {
        Some(key) => key.clone(),
        None if env == AppEnv::Production => return Err(MasterKeyError::Missing),
        None => from_file(path, log)?,
    };
    Ok(MasterKey::new(current, settings.secret_key_previous.clone()))
}

/// The master key of the settings, or of `path`; `None` where there is neither. Nothing is made.
pub(crate) fn existing(settings: &AuthSettings, path: &Path) -> Result<Option<MasterKey>, MasterKeyError> {
    let current = match &settings.secret_key {
        Some(key) => key.clone(),
        None => match read(path) {
            Ok(key) => key,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(MasterKeyError::File { path: path.to_owned(), source }),
        },
    };
    Ok(Some(MasterKey::new(current, settings.secret_key_previous.clone())))
}

fn from_file(path: &Path, log: &Logger) -> Result<SecretString, MasterKeyError> {
    let failed = |source| MasterKeyError::File { path: path.to_owned(), source };
    match read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        found => return found.map_err(failed),
    }
    let (key, draft) = (random_hex::<32>()?, random_hex::<8>()?);
    let draft = path.with_extension(format!("draft-{draft}"));
    let made = make(path, &draft, &key).and_then(|()| read(path)).map_err(failed)?;
    info!(log, #EVENT, "server.secret_key.created"; "path" => %path.display());
    Ok(made)
}

fn read(path: &Path) -> io::Result<SecretString> {
    let mut text = String::new();
    fs::File::open(path)?.read_to_string(&mut text)?;
    let text = text.trim_end();
    if text.len() < 32 {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it holds fewer than 32 characters"));
    }
    Ok(SecretString::from(text))
}

fn random_hex<const N: usize>() -> Result<String, PortError> {
    let mut bytes = [0; N];
    SystemRandom.fill(&mut bytes)?;
    Ok(bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}")))
}

/// Makes the file whole or not at all, readable by its owner alone. Of several processes at once
/// one wins, and all read what it wrote.
fn make(path: &Path, draft: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(draft)?;
    let written = writeln!(file, "{text}").and_then(|()| file.sync_all());
    // A link, unlike a rename, does not replace the key of another process.
    let placed = written.and_then(|()| match fs::hard_link(draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    fs::remove_file(draft).and(placed)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use secrecy::ExposeSecret as _;

    use super::*;

    fn log() -> Logger {
        Logger::root(slog::Discard, slog::o!())
    }

    #[test]
    fn a_key_is_made_once_and_only_its_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deeper/secret.key");
        let first = from_file(&path, &log()).unwrap();
        let second = from_file(&path, &log()).unwrap();
        assert_eq!(first.expose_secret(), second.expose_secret());
        assert_eq!(first.expose_secret().len(), 64);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn processes_that_start_at_once_have_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        let keys: Vec<String> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| from_file(&path, &log()).unwrap().expose_secret().to_owned()))
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(keys.windows(2).all(|pair| pair[0] == pair[1]));
    }

    #[test]
    fn a_damaged_file_is_an_error_and_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        fs::write(&path, "short").unwrap();
        assert!(from_file(&path, &log()).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "short");
    }
}
