//! How a command fails.

use std::process::{ExitCode, ExitStatus};

/// What to say and which exit code to end with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// `None` where the program that failed has said enough.
    message: Option<String>,
    code: u8,
}

impl Failure {
    /// A failure that is told here.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: Some(message.into()), code: 1 }
    }

    /// A failure of a program that has told it already; its exit code is passed on.
    pub(crate) fn of_program(status: ExitStatus) -> Self {
        let code = status.code().and_then(|code| u8::try_from(code).ok());
        Self { message: None, code: code.unwrap_or(1) }
    }

    /// Says it, and answers the exit code.
    pub(crate) fn report(self) -> ExitCode {
        if let Some(message) = self.message {
            eprintln!("xtask: {message}");
        }
        ExitCode::from(self.code)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    #[test]
    fn the_exit_code_of_a_program_is_passed_on() {
        let exited = |code: i32| ExitStatus::from_raw(code << 8);
        assert_eq!(Failure::of_program(exited(101)).code, 101);
        let killed = ExitStatus::from_raw(9);
        assert_eq!(Failure::of_program(killed).code, 1);
    }
}
