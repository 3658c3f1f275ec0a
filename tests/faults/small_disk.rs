use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::left_out;

/// A file system of its own (tmpfs) that a test can fill.
///
/// It is mounted in a namespace that ends with the value, also if the test is killed: what holds the
/// namespace waits for the end of its standard input.
pub(crate) struct SmallDisk {
    holder: Child,
    /// The way to the mount from outside of the namespace.
    seen: PathBuf,
    /// The way to it from within.
    mounted: PathBuf,
}

impl SmallDisk {
    /// A new disk of so many MiB. None if this machine can't have one, which is said.
    pub(crate) fn new(place: &Path, mebibytes: u64) -> Option<Self> {
        let mounted = place.canonicalize().unwrap();
        let script = format!(
            "mount -t tmpfs -o size={mebibytes}m,mode=700 tmpfs '{}' && echo mounted && exec cat",
            mounted.display()
        );
        let holder = Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut holder = match holder {
            Ok(holder) => holder,
            Err(error) => return cannot(&format!("unshare can't be run: {error}")),
        };
        let mut said = String::new();
        let output = holder.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut said).unwrap();
        let disk = Self {
            seen: format!("/proc/{}/root{}", holder.id(), mounted.display()).into(),
            holder,
            mounted,
        };
        if said.trim() != "mounted" {
            return cannot("this user may not mount a tmpfs in a namespace");
        }
        Some(disk)
    }

    /// The data folder, as the server sees it.
    pub(crate) fn folder(&self) -> PathBuf {
        self.mounted.join("data")
    }

    /// Has a command run where the disk is mounted.
    pub(crate) fn put_under(&self, command: &Command) -> Command {
        let mut inside = Command::new("nsenter");
        inside
            .args(["--user", "--mount", "--preserve-credentials", "--target"])
            .arg(self.holder.id().to_string())
            .arg(command.get_program())
            .args(command.get_args())
            .stdin(Stdio::null());
        inside
    }

    /// Takes all the room there is.
    pub(crate) fn fill(&self) {
        let mut filler = File::options()
            .create(true)
            .append(true)
            .open(self.seen.join("filler"))
            .unwrap();
        for size in [64 * 1024, 1] {
            let piece = vec![0; size];
            loop {
                match filler.write(&piece) {
                    Ok(_) => {}
                    Err(error) if error.kind() == io::ErrorKind::StorageFull => break,
                    Err(error) => panic!("the disk can't be filled: {error}"),
                }
            }
        }
    }

    /// Whether there is a file on it that is not empty.
    pub(crate) fn holds(&self, path: &str) -> bool {
        fs::metadata(self.seen.join(path)).is_ok_and(|file| file.len() > 0)
    }

    /// Gives the room back that was taken.
    pub(crate) fn make_room(&self) {
        fs::remove_file(self.seen.join("filler")).unwrap();
    }
}

fn cannot(why: &str) -> Option<SmallDisk> {
    left_out(&format!("there is no small disk: {why}"));
    None
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        let _ = self.holder.wait();
    }
}
