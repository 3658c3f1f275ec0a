//! Programs of this machine: where they are, and which modules the Python of one of them has.

use std::env;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::environment::Environment;

/// A Python starts in a tenth of a second, and in seconds on a busy machine.
const PYTHON_DEADLINE: Duration = Duration::from_secs(10);

const PYTHON_POLL_INTERVAL: Duration = Duration::from_millis(5);

/// Ends with success if the module that is named can be imported, without importing it.
const FIND_MODULE: &str =
    "import importlib.util as u, sys; sys.exit(u.find_spec(sys.argv[1]) is None)";

/// The file that a command names: one on the `PATH`, or itself if it has a slash.
pub(crate) fn find(environment: &Environment, command: impl AsRef<OsStr>) -> Option<PathBuf> {
    let command = Path::new(command.as_ref());
    if command.components().count() > 1 {
        return command.is_file().then(|| command.to_owned());
    }
    env::split_paths(environment.get("PATH")?)
        .map(|folder| folder.join(command))
        .find(|file| file.is_file())
}

/// The Python that runs a script, as its first line names it; `None` if the file is no Python script.
pub(crate) fn interpreter(script: &Path) -> Option<String> {
    let mut line = String::new();
    // Machine code has no such line and is rarely UTF-8.
    BufReader::new(File::open(script).ok()?)
        .read_line(&mut line)
        .ok()?;
    let words = line.strip_prefix("#!")?.split_whitespace();
    words
        .last()
        .filter(|word| word.contains("python"))
        .map(str::to_owned)
}

/// Whether the Python of a command (a Python, or a script of one) can import a module. Asking takes
/// as long as that Python takes to start. A Python that can't be asked has no modules.
pub(crate) fn python_has(environment: &Environment, command: &OsStr, module: &str) -> bool {
    let Some(file) = find(environment, command) else {
        return false;
    };
    let python = interpreter(&file).map_or(file, PathBuf::from);
    let mut command = Command::new(python);
    command
        .args(["-c", FIND_MODULE, module])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().is_ok_and(succeeds)
}

/// Whether a program ends with success before the deadline. It is killed after it.
fn succeeds(mut child: Child) -> bool {
    let deadline = Instant::now() + PYTHON_DEADLINE;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if Instant::now() < deadline => thread::sleep(PYTHON_POLL_INTERVAL),
            _ => {
                // It has ended meanwhile, or it is killed: neither leaves anything to be done.
                let _ = child.kill();
                let _ = child.wait();
                return false;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn finds_the_python_of_a_script() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("aws");
        for (text, python) in [
            ("#!/opt/venv/bin/python3\nx", Some("/opt/venv/bin/python3")),
            ("#!/usr/bin/env python3\n", Some("python3")),
            ("#!/usr/bin/env bash\n", None),
            ("\u{7f}ELF", None),
        ] {
            fs::write(&script, text).unwrap();
            assert_eq!(interpreter(&script).as_deref(), python);
        }
    }

    #[test]
    fn finds_commands_on_the_path_or_by_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bun");
        fs::write(&file, "").unwrap();
        let path = folder.path().to_str().unwrap();
        let environment: Environment = [("PATH", format!("/none:{path}").as_str())].into();
        assert_eq!(find(&environment, "bun"), Some(file.clone()));
        assert_eq!(find(&environment, "deno"), None);
        assert_eq!(find(&Environment::default(), "bun"), None);
        assert_eq!(find(&Environment::default(), &file), Some(file));
    }

    #[test]
    fn a_python_is_asked_for_a_module() {
        let folder = tempfile::tempdir().unwrap();
        // It knows one module, and takes the arguments that a Python gets.
        let python = folder.path().join("python3");
        fs::write(
            &python,
            "#!/bin/sh\n[ \"$1\" = -c ] && [ \"$3\" = known ]\n",
        )
        .unwrap();
        fs::set_permissions(&python, Permissions::from_mode(0o755)).unwrap();
        let script = folder.path().join("pytest");
        fs::write(&script, format!("#!{}\n", python.display())).unwrap();
        let environment = Environment::default();
        for command in [&python, &script] {
            assert!(python_has(&environment, command.as_os_str(), "known"));
            assert!(!python_has(&environment, command.as_os_str(), "unknown"));
        }
        assert!(!python_has(
            &environment,
            OsStr::new("/none/python3"),
            "known"
        ));
    }
}
