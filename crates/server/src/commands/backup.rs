//! `autorisen backup` and `autorisen restore`: the whole database in a file.

use std::io::Write;
use std::path::Path;

use autorisen_domain::clock::Clock as _;
use autorisen_storage::transfer::{self, BackedUp};
use chrono::{DateTime, SecondsFormat};

use super::{Failure, db};
use crate::cli::{Backup, BackupCommand, ExitCode, Restore};
use crate::clock::SystemClock;
use crate::config::Settings;
use crate::progress::ShownProgress;

/// Makes a backup or looks at one; answers go to `out`.
pub(super) fn backup(
    command: &Backup,
    settings: &Settings,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let mut progress = ShownProgress::on_stderr();
    let (path, made, done) = match (&command.command, &command.file) {
        (Some(BackupCommand::Verify { file }), _) => {
            (file, transfer::verify_backup(file, &mut progress)?, "is whole")
        }
        (None, Some(file)) => {
            let now = SystemClock.now();
            let made = transfer::backup(&settings.database.url, file, now, &mut progress)?;
            (file, made, "is written, and was read back")
        }
        (None, None) => return Err("no file was named".into()),
    };
    drop(progress);
    writeln!(out, "{} {done}", path.display())?;
    show(&made, out)?;
    tell_of_folder(settings, out)?;
    Ok(ExitCode::Success)
}

/// Fills a database from a backup; answers go to `out`.
pub(super) fn restore(
    command: &Restore,
    settings: &Settings,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let to = db::target(&command.to, &settings.database.url)?;
    let mut progress = ShownProgress::on_stderr();
    let restored = transfer::restore(&command.file, &to, &db::restored_now(), &mut progress)?;
    drop(progress);
    writeln!(out, "{to} is restored, and was read back")?;
    show(&restored, out)?;
    writeln!(out, "Nobody is signed in any more: every session and signing key of that time is void.")?;
    tell_of_folder(settings, out)?;
    Ok(ExitCode::Success)
}

fn show(made: &BackedUp, out: &mut dyn Write) -> std::io::Result<()> {
    let at = DateTime::from_timestamp_micros(made.made_at.micros()).unwrap_or(DateTime::UNIX_EPOCH);
    let at = at.to_rfc3339_opts(SecondsFormat::Secs, true);
    writeln!(out, "The database as of {at}, with the tables of migration {}:", made.version)?;
    db::list(&made.tables, out)
}

fn tell_of_folder(settings: &Settings, out: &mut dyn Write) -> std::io::Result<()> {
    let Some(folder) = settings.chat.attachment_folder.as_deref().map(Path::display) else {
        return Ok(());
    };
    writeln!(out, "The bytes of files in {folder} are not in it: back that folder up beside it.")
}
