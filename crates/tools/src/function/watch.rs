//! Noticing that files change.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How often files are looked at.
pub(super) const LOOK_INTERVAL: Duration = Duration::from_millis(200);

/// How many files are looked at.
const MAX_FILES: usize = 10_000;

/// The state of some files, and of all files in some folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State(Vec<(PathBuf, Option<(SystemTime, u64)>)>);

impl State {
    /// The state as it is now. What can't be read has a state too, since it may change.
    pub(super) fn of(paths: &[PathBuf]) -> Self {
        let mut files = Vec::new();
        for path in paths {
            add(path, 2, &mut files);
        }
        files.sort();
        Self(files)
    }
}

fn add(path: &Path, depth: usize, files: &mut Vec<(PathBuf, Option<(SystemTime, u64)>)>) {
    if files.len() >= MAX_FILES {
        return;
    }
    let metadata = fs::metadata(path).ok();
    if depth > 0 && metadata.as_ref().is_some_and(fs::Metadata::is_dir) {
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            add(&entry.path(), depth - 1, files);
        }
        return;
    }
    let state = metadata.and_then(|metadata| Some((metadata.modified().ok()?, metadata.len())));
    files.push((path.to_owned(), state));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_saved_removed_or_added_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let cases = folder.path().join("cases");
        fs::create_dir_all(cases.join("a")).unwrap();
        let handler = folder.path().join("handler.js");
        let paths = [handler.clone(), cases.clone()];
        let mut seen = State::of(&paths);
        assert_eq!(State::of(&paths), seen);
        let mut changed = |what: &str| {
            let now = State::of(&paths);
            assert_ne!(now, seen, "{what}");
            seen = now;
        };
        fs::write(&handler, "1").unwrap();
        changed("a new file");
        fs::write(&handler, "12").unwrap();
        changed("a longer file");
        fs::write(cases.join("a").join("event.json"), "").unwrap();
        changed("a new case");
        fs::remove_file(&handler).unwrap();
        changed("a file that is gone");
    }
}
