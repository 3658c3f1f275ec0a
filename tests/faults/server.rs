use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::NamedTempFile;

use crate::client::Client;
use crate::disk::Disk;
use crate::small_disk::SmallDisk;

/// A `keyfront serve` that is killed when the test is done with it.
pub(crate) struct Server {
    child: Child,
    port: u16,
    log: NamedTempFile,
}

/// What writes to a server: each call makes one write.
pub(crate) type Writer<'a> = Box<dyn FnMut(&mut Client) -> io::Result<()> + Send + 'a>;

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

impl Server {
    /// Starts a server on a data folder.
    pub(crate) fn start(data: &Path) -> Self {
        Self::start_with(data, &[])
    }

    /// Starts a server with more options.
    pub(crate) fn start_with(data: &Path, options: &[&str]) -> Self {
        Self::run(command(data, options)).unwrap_or_else(|said| panic!("{said}"))
    }

    /// Starts a server whose data folder lies on a disk with faults.
    pub(crate) fn start_on(disk: &Disk) -> Self {
        Self::start_on_with(disk, &[])
    }

    /// Starts a server with more options on a disk with faults.
    pub(crate) fn start_on_with(disk: &Disk, options: &[&str]) -> Self {
        Self::try_on(disk, options).unwrap_or_else(|said| panic!("{said}"))
    }

    /// Starts a server on a disk with faults, if it can be started there.
    pub(crate) fn try_on(disk: &Disk, options: &[&str]) -> Result<Self, String> {
        let mut command = command(disk.folder(), options);
        disk.put_under(&mut command);
        let server = Self::run(command);
        disk.assert_in_use();
        server
    }

    /// Starts a server whose data folder lies on a disk that a test can fill.
    pub(crate) fn start_on_small(disk: &SmallDisk) -> Self {
        let command = disk.put_under(&command(&disk.folder(), &[]));
        Self::run(command).unwrap_or_else(|said| panic!("{said}"))
    }

    /// Runs a server that can't be started on a folder, and returns what it said.
    pub(crate) fn refused(data: &Path) -> String {
        match Self::run(command(data, &[])) {
            Ok(_) => panic!("it was started"),
            Err(said) => said,
        }
    }

    /// Starts a server; or returns what it said when it could not be started.
    pub(crate) fn run(mut command: Command) -> Result<Self, String> {
        let log = NamedTempFile::new().unwrap();
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(log.reopen().unwrap())
            .spawn()
            .unwrap_or_else(|error| panic!("the server can't be run: {error}"));
        let port = printed_port(&mut child);
        let mut server = Self {
            child,
            port: port.unwrap_or_default(),
            log,
        };
        match port {
            Some(_) => Ok(server),
            None => {
                let status = ended(&mut server.child);
                let said = server.log();
                assert_eq!(status.code(), Some(1), "{said}");
                server.assert_sound();
                Err(said)
            }
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.port)
    }

    /// What it has logged since it was started.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// Ends it without a warning.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.assert_sound();
    }

    /// Has it written to, each writer over a connection of its own, until it is gone; what ends it is
    /// called after the first answer.
    pub(crate) fn end_while_written<T>(
        self,
        writers: Vec<Writer<'_>>,
        end: impl FnOnce(Self) -> T,
    ) -> T {
        let (began, first) = mpsc::channel();
        thread::scope(|scope| {
            for mut write in writers {
                let (mut client, began) = (self.client(), began.clone());
                scope.spawn(move || {
                    while write(&mut client).is_ok() {
                        // The other end listens for the first one alone.
                        let _ = began.send(());
                    }
                });
            }
            drop(began);
            first.recv().expect("a write is answered");
            end(self)
        })
    }

    /// Has it written to, and kills it a while after the first answer.
    pub(crate) fn kill_while_written(self, writers: Vec<Writer<'_>>, after: Duration) {
        self.end_while_written(writers, |server| {
            thread::sleep(after);
            server.kill();
        });
    }

    /// Asks it to stop.
    pub(crate) fn terminate(&self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
    }

    /// Waits until it has ended, as it must once it was asked to stop.
    pub(crate) fn wait(self) {
        self.wait_for(0);
    }

    /// Waits until it has ended with an exit code, and returns what it has logged.
    pub(crate) fn wait_for(mut self, code: i32) -> String {
        let status = ended(&mut self.child);
        assert_eq!(status.code(), Some(code), "{}", self.log());
        self.assert_sound();
        self.log()
    }

    pub(crate) fn stop(self) {
        self.terminate();
        self.wait();
    }

    pub(crate) fn assert_sound(&self) {
        assert!(!self.log().contains("panicked"), "{}", self.log());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A process of which nothing is known but that it runs. It is killed when the test is done with it.
pub(crate) struct Running {
    pub(crate) child: Child,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        Self {
            child: command.spawn().unwrap(),
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Stops it as an operator does; it must end well.
    pub(crate) fn stop(mut self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        assert_eq!(ended(&mut self.child).code(), Some(0));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The command that starts a server on a data folder.
pub(crate) fn command(data: &Path, options: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .args(options)
        .stdin(Stdio::null());
    command
}

/// The program under test: the one that was built, unless KEYFRONT_BIN names another.
pub(crate) fn binary() -> PathBuf {
    let built = || env!("CARGO_BIN_EXE_keyfront").into();
    std::env::var_os("KEYFRONT_BIN").map_or_else(built, PathBuf::from)
}

/// The port that a server tells in its first line; none if it did not start. What it says then, nobody
/// reads.
pub(crate) fn printed_port(child: &mut Child) -> Option<u16> {
    let mut line = String::new();
    let output = child.stdout.take().unwrap();
    BufReader::new(output).read_line(&mut line).unwrap();
    line.trim().rsplit(':').next()?.parse().ok()
}

pub(crate) fn ended(child: &mut Child) -> ExitStatus {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if Instant::now() > end {
            let _ = child.kill();
            panic!("the server did not end within {PATIENCE:?}");
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// Waits until something is there.
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "not within {PATIENCE:?}: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}
