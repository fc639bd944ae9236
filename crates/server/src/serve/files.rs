//! The limit of open files, which every connection counts against.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use slog::{Logger, warn};

use crate::logging::EVENT;

/// Files that are open beside connections: the database, the log, what the system needs.
const OTHER_FILES: u64 = 256;

/// Raises the limit of this process to what its connections need, as far as the system lets it, and
/// warns when that is too little: past the limit new connections are not accepted at all.
pub(super) fn raise_limit(connections: usize, log: &Logger) {
    let wanted = connections as u64 + OTHER_FILES;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= wanted) {
        return;
    }
    let reachable = maximum.map_or(wanted, |maximum| maximum.min(wanted));
    let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(reachable), maximum });
    let limit = if raised.is_ok() { Some(reachable) } else { current };
    if limit.is_some_and(|limit| limit < wanted) {
        warn!(log, #EVENT, "server.files.limit"; "files" => limit, "wanted" => wanted);
    }
}
