use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Room that is kept on the disk, and given up when the disk is full: for a start, which copies the
/// WAL, and for deletes, without which no API call could make room again.
pub(crate) struct Reserve {
    path: PathBuf,
    is_held: bool,
}

/// The bytes that are kept free: more than the WAL usually holds after the largest import.
pub(crate) const RESERVE_BYTES: u64 = 16 * 1024 * 1024;

impl Reserve {
    /// The reserve of a folder, which may not be there yet.
    pub(crate) fn of(folder: &Path) -> Self {
        let path = folder.join("reserve");
        let is_held = fs::metadata(&path).is_ok_and(|file| file.len() >= RESERVE_BYTES);
        Self { path, is_held }
    }

    /// Whether the room is taken.
    pub(crate) fn is_held(&self) -> bool {
        self.is_held
    }

    /// Takes the room, if there is at least as much besides. A disk without that much goes without.
    pub(crate) fn take(&mut self) {
        if self.is_held || !self.has_room_twice() {
            return;
        }
        match self.allocate() {
            Ok(()) => self.is_held = true,
            Err(error) => {
                tracing::debug!(%error, "no room is kept for a full disk");
                self.give_up();
            }
        }
    }

    /// Whether the disk has so little room that the reserve may be what is missing.
    pub(crate) fn is_needed(&self) -> bool {
        self.disk()
            .is_ok_and(|disk| available(&disk) < RESERVE_BYTES)
    }

    fn has_room_twice(&self) -> bool {
        self.disk()
            .is_ok_and(|disk| available(&disk) >= 2 * RESERVE_BYTES)
    }

    fn disk(&self) -> rustix::io::Result<rustix::fs::StatVfs> {
        rustix::fs::statvfs(self.path.parent().unwrap_or(Path::new(".")))
    }

    /// Gives the room up. Returns whether there was any.
    pub(crate) fn give_up(&mut self) -> bool {
        let held = std::mem::take(&mut self.is_held);
        // A reserve that could be written in part only is removed too.
        fs::remove_file(&self.path).is_ok() && held
    }

    fn allocate(&self) -> io::Result<()> {
        let file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(true)
            .mode(0o600)
            .open(&self.path)?;
        fill(&file)
    }
}

/// The bytes of a disk that are free for this user.
fn available(disk: &rustix::fs::StatVfs) -> u64 {
    disk.f_bavail.saturating_mul(disk.f_frsize)
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn fill(file: &File) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    match fallocate(file, FallocateFlags::empty(), 0, RESERVE_BYTES) {
        Err(rustix::io::Errno::OPNOTSUPP) => write_zeros(file),
        outcome => Ok(outcome?),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn fill(file: &File) -> io::Result<()> {
    write_zeros(file)
}

/// A hole would take no room.
fn write_zeros(mut file: &File) -> io::Result<()> {
    io::copy(&mut io::Read::take(io::repeat(0), RESERVE_BYTES), &mut file)?;
    Ok(())
}
