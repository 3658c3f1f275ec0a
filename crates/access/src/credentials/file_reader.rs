use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use zeroize::Zeroizing;

/// How many bytes a credentials file or a policy file may have. AWS's largest policy has 10,240
/// characters, and this is room for tens of thousands of access keys.
const MAX_FILE_BYTES: u64 = 16 * 1024 * 1024;

/// The permissions to write that are neither the owner's nor root's.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// The permissions to read that are neither the owner's nor root's.
const READABLE_BY_OTHERS: u32 = 0o044;

/// A file as it was read.
pub(crate) struct Contents {
    pub(crate) bytes: Zeroizing<Vec<u8>>,
    /// The permission bits of the file's mode, if others than its owner may read it.
    pub(crate) readable_by_others: Option<u32>,
}

/// Reads a regular file that only its owner may write. It never waits for a writer, as it would if it
/// opened a FIFO, and opens no device.
pub(crate) fn read(path: &Path) -> io::Result<Contents> {
    let irregular =
        || io::Error::other("it is not a regular file (a FIFO, a device or a folder): give a file");
    if !path.metadata()?.is_file() {
        return Err(irregular());
    }
    // What was a regular file a moment ago may be a FIFO now, which must not be waited for.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(irregular());
    }
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & WRITABLE_BY_OTHERS != 0 {
        return Err(io::Error::other(format!(
            "others than its owner may write it (mode {mode:04o}), and could give themselves any \
             right: take that away with chmod go-w"
        )));
    }
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(io::Error::other(format!(
            "it has more than {MAX_FILE_BYTES} bytes, which is the most that is read"
        )));
    }
    Ok(Contents {
        bytes,
        readable_by_others: (mode & READABLE_BY_OTHERS != 0).then_some(mode),
    })
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};

    use super::*;

    fn with_mode(mode: u32) -> io::Result<Contents> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "text").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        read(&path)
    }

    #[test]
    fn a_file_that_others_may_write_is_refused() {
        for mode in [0o620, 0o602, 0o666, 0o664] {
            let error = with_mode(mode).err().unwrap().to_string();
            assert!(
                error.contains(&format!("{mode:04o}")) && error.contains("chmod"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_file_that_others_may_read_is_read_and_told() {
        for (mode, told) in [
            (0o600, None),
            (0o640, Some(0o640)),
            (0o644, Some(0o644)),
            (0o604, Some(0o604)),
        ] {
            let contents = with_mode(mode).unwrap();
            assert_eq!(&**contents.bytes, b"text");
            assert_eq!(contents.readable_by_others, told);
        }
    }

    #[test]
    fn what_is_no_regular_file_is_refused_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("fifo");
        let made = std::process::Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .unwrap();
        assert!(made.success());
        for path in [fifo.as_path(), folder.path(), Path::new("/dev/zero")] {
            let error = read(path).err().unwrap().to_string();
            assert!(error.contains("not a regular file"), "{error}");
        }
    }

    #[test]
    fn a_huge_file_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(MAX_FILE_BYTES + 1).unwrap();
        let error = read(file.path()).err().unwrap().to_string();
        assert!(error.contains("16777216 bytes"), "{error}");
    }
}
