//! The machine: its processors, its clock of processor time, and a folder on its disk.

use std::fs;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

/// A folder on the disk, not in memory, that goes away at the end.
pub(crate) fn folder() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// A command that runs on the processor of the servers.
pub(crate) fn on_server_processor(program: &str) -> Command {
    match processors().as_slice() {
        [server, _, ..] => {
            let mut command = Command::new("taskset");
            command.args(["-c", server, program]);
            command
        }
        _ => Command::new(program),
    }
}

/// Moves this process to a processor where no server runs.
pub(crate) fn take_load_processor() {
    let processors = processors();
    if let [_, load, ..] = processors.as_slice() {
        let process = std::process::id().to_string();
        let moved = Command::new("taskset")
            .args(["-p", "-c", load, &process])
            .output();
        assert!(moved.is_ok_and(|moved| moved.status.success()), "taskset");
    }
}

/// The processors that this process was given at its start.
fn processors() -> Vec<String> {
    static AT_START: std::sync::OnceLock<Vec<String>> = std::sync::OnceLock::new();
    AT_START
        .get_or_init(|| {
            let status = fs::read_to_string("/proc/self/status").unwrap();
            let list = status
                .lines()
                .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))
                .unwrap();
            list.trim().split(',').flat_map(range).collect()
        })
        .clone()
}

fn range(text: &str) -> Vec<String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
    (first..=last).map(|number| number.to_string()).collect()
}

/// The processor time that all threads of a process have had.
pub(crate) fn processor_time(process: u32) -> Duration {
    let threads = fs::read_dir(format!("/proc/{process}/task")).unwrap();
    let times = threads.map(|thread| {
        let text = fs::read_to_string(thread.unwrap().path().join("schedstat")).unwrap();
        text.split(' ').next().unwrap().parse::<u64>().unwrap()
    });
    Duration::from_nanos(times.sum())
}

/// The bytes of a process that are in memory.
pub(crate) fn resident(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kibibytes * 1024
}
