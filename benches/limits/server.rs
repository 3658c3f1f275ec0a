//! The servers that are measured, each a process of its own.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::machine;

/// Names another program to measure than the one that was built with this one.
pub(crate) const OTHER_KEYFRONT: &str = "KEYFRONT_BIN";

/// The program that is measured.
pub(crate) fn keyfront() -> String {
    std::env::var(OTHER_KEYFRONT).unwrap_or_else(|_| env!("CARGO_BIN_EXE_keyfront").to_owned())
}

/// A running server; it ends with the value.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Keyfront on that data, as it is by default but for its port and the quota of stores.
    pub(crate) fn keyfront(data: &Path) -> Self {
        let log = File::create(data.with_extension("log")).unwrap();
        let mut command = machine::on_server_processor(&keyfront());
        command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(["--stores-per-account", "100000", "--data"])
            .arg(data)
            .stderr(log);
        Self::announced(command)
    }

    /// Keyfront on that data with more options, whose log is a pipe that is never read.
    pub(crate) fn keyfront_with_unread_log(data: &Path, options: &[&str]) -> Self {
        let mut command = machine::on_server_processor(&keyfront());
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .args(options)
            .stderr(Stdio::piped());
        Self::announced(command)
    }

    /// Hyper and what little the kind says. See [`crate::bare::serve`].
    pub(crate) fn bare(kind: &str) -> Self {
        let this = std::env::current_exe().unwrap();
        let mut command = machine::on_server_processor(this.to_str().unwrap());
        command.arg(format!("--bare={kind}"));
        Self::announced(command)
    }

    /// nginx with a fixed answer; none where it is not installed.
    pub(crate) fn nginx(folder: &Path, answer: &str) -> Option<Self> {
        Self::nginx_with(folder, "", "", &format!("return 200 '{answer}';"))
    }

    /// nginx with what stands in its configuration at the top, in the part for HTTP, and in the one location; none where it
    /// is not installed.
    pub(crate) fn nginx_with(folder: &Path, top: &str, http: &str, location: &str) -> Option<Self> {
        let address = free_address();
        let configuration = format!(
            "{top}
             daemon off; master_process off; worker_processes 1; pid nginx.pid;
             error_log stderr crit;
             events {{ worker_connections 512; }}
             http {{
                 access_log off; keepalive_requests 1000000000; {http}
                 server {{
                     listen {address};
                     location / {{ default_type application/json; {location} }}
                 }}
             }}"
        );
        let file = folder.join("nginx.conf");
        fs::write(&file, configuration).unwrap();
        if Command::new("nginx")
            .arg("-v")
            .stderr(Stdio::null())
            .status()
            .is_err()
        {
            return None;
        }
        let mut command = machine::on_server_processor("nginx");
        command.arg("-p").arg(folder).arg("-c").arg(&file);
        Some(Self::listening(command, address))
    }

    /// A server that listens there, as it was told.
    pub(crate) fn listening(mut command: Command, address: SocketAddr) -> Self {
        let child = command.stderr(Stdio::null()).spawn().unwrap();
        let server = Self { child, address };
        for _ in 0..250 {
            if TcpStream::connect(address).is_ok() {
                return server;
            }
            sleep(Duration::from_millis(20));
        }
        panic!("{command:?} does not answer");
    }

    /// A server that prints where it listens.
    fn announced(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let output = child.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        let address = line.trim().rsplit("//").next().unwrap().parse();
        Self {
            address: address.unwrap_or_else(|_| panic!("the server says {line:?}")),
            child,
        }
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Ends it in order.
    pub(crate) fn stop(mut self) {
        let process = self.process().to_string();
        let told = Command::new("kill").args(["-TERM", &process]).status();
        assert!(told.is_ok_and(|told| told.success()));
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where nothing listens.
pub(crate) fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap()
}
