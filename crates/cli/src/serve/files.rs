use keyfront_server::{CLOSING_CONNECTIONS, RESERVED_CONNECTIONS};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// How many files the server holds open besides its connections: the database, imports, the log; and
/// connections that are not counted among those of `--connections`.
const OTHER_FILES: u64 = 64 + (RESERVED_CONNECTIONS + CLOSING_CONNECTIONS) as u64;

/// Has the system let this process open as many files as it may, and returns how many connections
/// it can have, of those that are wanted. `beside` are those of another listener.
pub(super) fn room_for(connections: usize, beside: usize) -> usize {
    let others = OTHER_FILES + beside as u64;
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    let current = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    };
    let Some(room) = current.map(|current| current.saturating_sub(others).max(1)) else {
        return connections;
    };
    let room = usize::try_from(room).unwrap_or(usize::MAX);
    if room < connections {
        tracing::warn!(
            wanted = connections,
            room,
            "the system lets this process open too few files for the connections it may have: \
             raise its limit (ulimit -n)"
        );
    }
    connections.min(room)
}
