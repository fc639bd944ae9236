//! The command line: what can be asked for, and how it ends.

mod args;
pub(crate) mod config;
mod exit_code;

use std::ffi::OsString;

use clap::Parser;

pub(crate) use args::{
    AnalyticsCommand, AuditCommand, Backup, BackupCommand, Cli, Command, ConfigCommand, DbCommand,
    DevCommand, ImportCommand, KeysCommand, LegacySource, MigrateCommand, NewUser, PasswordSource,
    ReportFormat, Restore, Serve, To, UserCommand,
};
pub(crate) use exit_code::ExitCode;

/// Reads the arguments, the first being the name of the program. Where there is nothing to do but to
/// print help, the version or what is wrong, that is done, and how to end is returned instead.
pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Cli, ExitCode> {
    Cli::try_parse_from(args).map_err(|error| {
        // There is nowhere to say that standard output is gone.
        let _ = error.print();
        if error.use_stderr() { ExitCode::Usage } else { ExitCode::Success }
    })
}
