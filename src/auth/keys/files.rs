//! Key files on disk: read with care, made once, whoever else tries at the same time.
//!
//! Knows bytes and permissions, not what a key looks like.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use secrecy::SecretSlice;

use super::KeyProblem;
use crate::auth::random;

const FILE_BYTES_MAX: u64 = 16 * 1024;

/// Reads a file that only its owner may read.
pub(super) fn read_private(path: &Path) -> Result<SecretSlice<u8>, KeyProblem> {
    let file = open(path)?;
    // Asked of the open file, so that it cannot be another one by the time it is read.
    let mode =
        file.metadata().map_err(|source| problem("look at", path, source))?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyProblem::Exposed { path: path.to_owned(), mode });
    }
    contents(file, path)
}

/// Reads a file that anyone may read.
pub(super) fn read(path: &Path) -> Result<SecretSlice<u8>, KeyProblem> {
    contents(open(path)?, path)
}

/// The `*.pem` files of a folder, in no order. Hidden files are left to the tools that made them.
pub(super) fn list_pem(folder: &Path) -> Result<Vec<PathBuf>, KeyProblem> {
    let failed = |source| problem("list", folder, source);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        if name.ends_with(b".pem") && !name.starts_with(b".") {
            found.push(path);
        }
    }
    Ok(found)
}

/// Makes a file with a fresh secret, unless there is one. It appears under its name complete and on
/// disk or not at all, and of several processes that start at once one wins: the secret is written
/// aside, then linked into place, which fails if the name is taken.
pub(super) fn create_secret(path: &Path) -> Result<(), KeyProblem> {
    if fs::symlink_metadata(path).is_ok() {
        return Ok(());
    }
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let aside = folder.join(format!(".secret-{}", random::request_id()));
    let linked = write_new(&aside).and_then(|()| fs::hard_link(&aside, path));
    let removed = fs::remove_file(&aside);
    match linked {
        Ok(()) => removed
            .and_then(|()| File::open(folder)?.sync_all())
            .map_err(|source| problem("make", path, source)),
        Err(source) if source.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(problem("make", path, source)),
    }
}

fn write_new(path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(random::token().as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}

fn open(path: &Path) -> Result<File, KeyProblem> {
    File::open(path).map_err(|source| problem("open", path, source))
}

fn contents(file: File, path: &Path) -> Result<SecretSlice<u8>, KeyProblem> {
    let mut bytes = Vec::new();
    let read = file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes);
    let bytes = read.map(|_| SecretSlice::from(bytes)).map_err(|source| problem("read", path, source))?;
    if secrecy::ExposeSecret::expose_secret(&bytes).len() as u64 > FILE_BYTES_MAX {
        return Err(KeyProblem::TooLarge { path: path.to_owned() });
    }
    Ok(bytes)
}

fn problem(attempt: &'static str, path: &Path, source: io::Error) -> KeyProblem {
    KeyProblem::Io { attempt, path: path.to_owned(), source }
}
