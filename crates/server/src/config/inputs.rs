//! What settings are read from. This is the one place that looks at the process itself.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::thread;

/// Everything outside of the program that settings depend on.
pub(crate) struct Inputs {
    /// The variables of the environment.
    pub(crate) environment: BTreeMap<OsString, OsString>,
    /// The folder that relative paths start from.
    pub(crate) folder: PathBuf,
    /// The file that was named on the command line.
    pub(crate) file: Option<PathBuf>,
    /// How many threads can run at once.
    pub(crate) cores: usize,
    /// Whether a person sees what is printed.
    pub(crate) terminal: bool,
}

impl Inputs {
    /// What this process was started with; `file` is the one named on the command line.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that everything else asks")]
    pub(crate) fn of_process(file: Option<PathBuf>) -> Self {
        Self {
            environment: std::env::vars_os().collect(),
            // Without a current folder a relative path stays as it is, and fails where it is used.
            folder: std::env::current_dir().unwrap_or_default(),
            file,
            cores: thread::available_parallelism().map_or(1, usize::from),
            terminal: io::stdout().is_terminal(),
        }
    }

    /// The value of a variable; one that is set to nothing counts as not set.
    pub(super) fn variable(&self, name: &str) -> Option<&OsStr> {
        self.environment.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }
}
