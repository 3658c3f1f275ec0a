use std::fs::{self, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

use crate::left_out;
use crate::random::Random;

/// A disk under a data folder, whose faults a test decides. How it is made is told in `shim.c`.
pub(crate) struct Disk {
    folder: PathBuf,
    state: PathBuf,
}

/// What a power cut leaves of what was not synced.
pub(crate) enum Unsynced<'a> {
    /// Nothing.
    Lost,
    /// Any of its sectors.
    Torn(&'a mut Random),
}

/// The smallest piece that a disk writes whole.
const SECTOR: u64 = 512;

/// The compiled shim, or why there is none.
static SHIM: LazyLock<Result<PathBuf, String>> = LazyLock::new(compile);

fn compile() -> Result<PathBuf, String> {
    if !cfg!(all(target_env = "gnu", target_pointer_width = "64")) {
        return Err("it needs a 64-bit glibc".to_owned());
    }
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/faults/shim.c");
    let shim = Path::new(env!("CARGO_TARGET_TMPDIR")).join("faults-shim.so");
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&shim)
        .arg(source)
        .args(["-ldl", "-lpthread"])
        .output();
    match compiled {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err("there is no C compiler".to_owned())
        }
        Err(error) => panic!("the C compiler can't be run: {error}"),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{said}");
            Ok(shim)
        }
    }
}

impl Disk {
    /// A new disk with an empty folder on it. None if this machine can't have one, which is said.
    pub(crate) fn new(place: &Path) -> Option<Self> {
        if let Err(reason) = &*SHIM {
            left_out(&format!("there is no disk with faults: {reason}"));
            return None;
        }
        let place = place.canonicalize().unwrap();
        let disk = Self {
            folder: place.join("data"),
            state: place.join("state"),
        };
        fs::create_dir(&disk.folder).unwrap();
        disk.start_afresh();
        Some(disk)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Puts the disk under a server that is to be run.
    pub(crate) fn put_under(&self, command: &mut Command) {
        let shim = SHIM.as_ref().expect("there is no disk without it");
        command
            .env("LD_PRELOAD", shim)
            .env("FAULTS_FOLDER", &self.folder)
            .env("FAULTS_STATE", &self.state);
    }

    pub(crate) fn assert_in_use(&self) {
        assert!(
            self.state.join("loaded").exists(),
            "the shim was not loaded into the server"
        );
    }

    /// From now on, syncs of a file, or of all (`*`), do nothing.
    pub(crate) fn lie(&self, name: &str) {
        fs::write(self.state.join("lie"), name).unwrap();
    }

    /// Fails a file's next sync.
    pub(crate) fn fail_next_sync(&self, name: &str) {
        fs::write(self.state.join("fail"), name).unwrap();
    }

    /// Whether the sync that was to fail has not come yet.
    pub(crate) fn is_to_fail(&self) -> bool {
        self.state.join("fail").exists()
    }

    /// From now on, a file, or all together (`*`), can grow by no more than so many bytes.
    pub(crate) fn leave_room(&self, bytes: u64, name: &str) {
        // At once, since the shim may look at any time.
        let new = self.state.join("room.new");
        fs::write(&new, format!("{bytes} {name}")).unwrap();
        fs::rename(new, self.state.join("room")).unwrap();
    }

    /// From now on, the machine's clock is so much ahead.
    pub(crate) fn put_clock_ahead(&self, by: Duration) {
        let new = self.state.join("clock.new");
        fs::write(&new, by.as_secs().to_string()).unwrap();
        fs::rename(new, self.state.join("clock")).unwrap();
    }

    /// Whether there is still room.
    pub(crate) fn has_room(&self) -> bool {
        let room = fs::read_to_string(self.state.join("room")).unwrap();
        !room.starts_with("0 ")
    }

    pub(crate) fn make_room(&self) {
        fs::remove_file(self.state.join("room")).unwrap();
    }

    /// From now on, reads of files below a path, which need not be on this disk, are not answered.
    pub(crate) fn hang_reads_below(&self, path: &Path) {
        let path = path.canonicalize().unwrap();
        let new = self.state.join("hang.new");
        fs::write(&new, path.to_str().unwrap()).unwrap();
        fs::rename(new, self.state.join("hang")).unwrap();
    }

    /// Answers the reads that hang, and those to come.
    pub(crate) fn answer_reads(&self) {
        fs::remove_file(self.state.join("hang")).unwrap();
    }

    /// Cuts the power of a machine whose server is killed: the folder becomes what the disk has.
    pub(crate) fn cut_power(&self, unsynced: Unsynced<'_>) {
        if let Unsynced::Torn(random) = unsynced {
            self.sync_some(random);
        }
        let found = self.state.with_extension("found");
        copy_folder(&self.state.join("names"), &found);
        fs::remove_dir_all(&self.folder).unwrap();
        fs::rename(found, &self.folder).unwrap();
        fs::remove_dir_all(&self.state).unwrap();
        self.start_afresh();
    }

    /// Begins with what is in the folder now, all of it synced.
    fn start_afresh(&self) {
        for part in ["files", "dirty", "names"] {
            fs::create_dir_all(self.state.join(part)).unwrap();
        }
        for entry in fs::read_dir(&self.folder).unwrap() {
            let entry = entry.unwrap();
            let inode = entry.metadata().unwrap().ino().to_string();
            let file = self.state.join("files").join(inode);
            fs::copy(entry.path(), &file).unwrap();
            let name = self.state.join("names").join(entry.file_name());
            fs::hard_link(file, name).unwrap();
        }
    }

    /// Brings some sectors to the disk of those that were written since the last sync.
    fn sync_some(&self, random: &mut Random) {
        for entry in fs::read_dir(&self.folder).unwrap() {
            let entry = entry.unwrap();
            let inode = entry.metadata().unwrap().ino().to_string();
            let on_disk = self.state.join("names").join(entry.file_name());
            let Ok(dirty) = fs::read(self.state.join("dirty").join(inode)) else {
                continue;
            };
            let Ok(on_disk) = OpenOptions::new().write(true).open(on_disk) else {
                continue;
            };
            let cached = fs::read(entry.path()).unwrap();
            // How much of it comes to the disk: from hardly anything to nearly everything.
            let chance = random.below(101);
            for sector in dirty_sectors(&dirty) {
                let Some(rest) = cached.get((sector * SECTOR) as usize..) else {
                    continue;
                };
                if random.percent(chance) {
                    let whole = &rest[..rest.len().min(SECTOR as usize)];
                    on_disk.write_all_at(whole, sector * SECTOR).unwrap();
                }
            }
        }
    }
}

/// The sectors that the shim noted.
fn dirty_sectors(mut noted: &[u8]) -> Vec<u64> {
    let mut sectors = Vec::new();
    let mut range = [0; 16];
    while noted.read_exact(&mut range).is_ok() {
        let number = |at: usize| u64::from_ne_bytes(range[at..at + 8].try_into().unwrap());
        let (offset, length) = (number(0), number(8));
        if length > 0 {
            sectors.extend(offset / SECTOR..=(offset + length - 1) / SECTOR);
        }
    }
    sectors.sort_unstable();
    sectors.dedup();
    sectors
}

/// Copies a folder's files into a new one.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
