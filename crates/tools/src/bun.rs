//! How Bun is made to resolve the data plane's host.
//!
//! Bun takes the same lines as Node.js before the program, but from a file only, and uses no proxy in
//! `node:http`, by which the AWS SDK for JavaScript sends its requests. So the lines stand in a file of
//! the user's cache, which `BUN_OPTIONS` names.

use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process;

use anyhow::{Context, bail, ensure};

use crate::endpoint::Endpoint;
use crate::environment::{Environment, with_option};
use crate::nodejs;

/// The permissions of a folder and a file with code that is run: only the owner may write them.
const PRIVATE_FOLDER: u32 = 0o700;
const PRIVATE_FILE: u32 = 0o600;

/// The permissions that let others than the owner write.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// A file that Bun runs before the program, and what it has to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Preload {
    path: PathBuf,
    script: String,
}

impl Preload {
    /// The file with which Bun finds Keyfront at any account's name below `name`. It is not written yet.
    ///
    /// # Errors
    /// If the environment names no folder for it, or one that `BUN_OPTIONS` can't hold.
    pub(crate) fn of(
        environment: &Environment,
        endpoint: &Endpoint,
        name: &str,
    ) -> anyhow::Result<Self> {
        let file = format!("bun-{name}-{}.mjs", endpoint.host.bare());
        let path = cache(environment)?.join("keyfront").join(file);
        // Bun splits its options at blanks, and knows no quotes.
        let plain = |byte: &u8| byte.is_ascii_graphic() && !b"'\"\\`$".contains(byte);
        ensure!(
            path.as_os_str().as_bytes().iter().all(plain),
            "BUN_OPTIONS can't name a file in {}: set XDG_CACHE_HOME to a folder with a plain name",
            path.parent().unwrap_or(&path).display()
        );
        Ok(Self {
            path,
            script: nodejs::script(endpoint, name) + "\n",
        })
    }

    /// The value of `BUN_OPTIONS`. The options that are there already are kept byte for byte.
    pub(crate) fn options(&self, existing: Option<&OsStr>) -> OsString {
        let mut ours = OsString::from("--preload=");
        ours.push(&self.path);
        with_option(existing, &ours)
    }

    /// Writes the file. Another process finds the old one or the new one, whole.
    ///
    /// # Errors
    /// If it can't be written, or somebody else could replace it.
    pub(crate) fn write(&self) -> anyhow::Result<()> {
        let context = || format!("{} can't be written", self.path.display());
        let folder = self.path.parent().with_context(context)?;
        DirBuilder::new()
            .recursive(true)
            .mode(PRIVATE_FOLDER)
            .create(folder)
            .with_context(context)?;
        let new = self.path.with_extension(format!("{}.new", process::id()));
        let written = self.write_new(&new, folder).and_then(|()| {
            fs::rename(&new, &self.path)?;
            Ok(())
        });
        if written.is_err() {
            // The error is reported; a file that remains does no harm.
            let _ = fs::remove_file(&new);
        }
        written.with_context(context)
    }

    fn write_new(&self, new: &Path, folder: &Path) -> anyhow::Result<()> {
        // One is there if a process with the same id was killed.
        let _ = fs::remove_file(new);
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(PRIVATE_FILE)
            .open(new)?;
        let place = folder.metadata()?;
        ensure!(
            place.uid() == file.metadata()?.uid() && place.mode() & WRITABLE_BY_OTHERS == 0,
            "others than you may write {}",
            folder.display()
        );
        file.write_all(self.script.as_bytes())?;
        Ok(())
    }
}

/// The folder for what can be made anew, by the XDG base directory specification.
fn cache(environment: &Environment) -> anyhow::Result<PathBuf> {
    let absolute = |name| {
        let path = environment.get(name).map(PathBuf::from);
        path.filter(|path| path.is_absolute())
    };
    if let Some(cache) = absolute("XDG_CACHE_HOME") {
        return Ok(cache);
    }
    match absolute("HOME") {
        Some(home) => Ok(home.join(".cache")),
        None => bail!("Bun needs a file in your cache folder: set HOME or XDG_CACHE_HOME"),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn preload(variables: &[(&str, &str)]) -> anyhow::Result<Preload> {
        let pairs = variables
            .iter()
            .map(|(name, value)| (name.into(), value.into()));
        let endpoint = "http://[::1]:4566".parse().unwrap();
        Preload::of(&pairs.collect(), &endpoint, "localhost")
    }

    fn path(variables: &[(&str, &str)]) -> Option<String> {
        let path = preload(variables).ok()?.path;
        Some(path.to_str().unwrap().to_owned())
    }

    #[test]
    fn the_file_is_in_the_users_cache() {
        let expected = |folder: &str| Some(format!("{folder}/keyfront/bun-localhost-::1.mjs"));
        let home = ("HOME", "/home/u");
        assert_eq!(path(&[home]), expected("/home/u/.cache"));
        assert_eq!(path(&[home, ("XDG_CACHE_HOME", "/c")]), expected("/c"));
        assert_eq!(
            path(&[home, ("XDG_CACHE_HOME", "c")]),
            expected("/home/u/.cache")
        );
        assert_eq!(path(&[]), None);
        for folder in ["/my home", "/a\"b", "/\u{e9}", "/a\tb"] {
            assert_eq!(path(&[("HOME", folder)]), None, "{folder}");
        }
    }

    #[test]
    fn options_that_are_there_stay_and_ours_come_once() {
        let preload = preload(&[("HOME", "/h")]).unwrap();
        let ours = "--preload=/h/.cache/keyfront/bun-localhost-::1.mjs";
        assert_eq!(preload.options(None), ours);
        let both = preload.options(Some(OsStr::from_bytes(b"--x=\xff")));
        assert_eq!(both.as_bytes(), [b"--x=\xff ", ours.as_bytes()].concat());
        assert_eq!(preload.options(Some(&both)), both);
    }

    #[test]
    fn the_file_is_written_for_the_user_alone() {
        let home = tempfile::tempdir().unwrap();
        let preload = preload(&[("HOME", home.path().to_str().unwrap())]).unwrap();
        for _ in 0..2 {
            preload.write().unwrap();
            assert_eq!(fs::read_to_string(&preload.path).unwrap(), preload.script);
        }
        let folder = preload.path.parent().unwrap();
        assert_eq!(folder.metadata().unwrap().mode() & 0o777, PRIVATE_FOLDER);
        assert_eq!(
            preload.path.metadata().unwrap().mode() & 0o777,
            PRIVATE_FILE
        );
        assert_eq!(fs::read_dir(folder).unwrap().count(), 1);

        fs::set_permissions(folder, Permissions::from_mode(0o777)).unwrap();
        let error = format!("{:#}", preload.write().unwrap_err());
        assert!(error.contains("others than you may write"), "{error}");
        assert_eq!(fs::read_dir(folder).unwrap().count(), 1);
    }
}
