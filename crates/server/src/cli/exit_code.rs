//! How the program ends.

/// What the exit status says. `--help` lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum ExitCode {
    /// It is done.
    Success = 0,
    /// It was begun, and something failed.
    Failed = 1,
    /// The arguments are wrong.
    Usage = 2,
    /// The settings are faulty.
    Settings = 3,
    /// What was named does not exist, or exists already.
    Refused = 4,
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}
