//! The commands beside serving: migrations, releases, accounts, keys, the audit, reports, whole databases,
//! imports, stand-ins.

mod analytics;
mod audit;
mod backup;
mod db;
mod dev;
mod import;
mod keys;
mod migrate;
mod release;
mod users;

use std::error::Error;
use std::io::{self, Write as _};

use slog::Logger;

use crate::cli::{
    AnalyticsCommand, AuditCommand, Backup, DbCommand, DevCommand, ExitCode, ImportCommand, KeysCommand,
    MigrateCommand, Restore, UserCommand,
};
use crate::config::Settings;
use crate::request_log::Chain;
use crate::schema;
use crate::wiring::{self, App};

/// What a command may fail with; it is said on standard error.
type Failure = Box<dyn Error + Send + Sync>;

/// Runs `autorisen migrate …`.
pub(crate) fn migrate(command: &MigrateCommand, settings: &Settings) -> ExitCode {
    end(migrate::run(command, &settings.database.url, &mut io::stdout()))
}

/// Runs `autorisen release`.
pub(crate) fn release(settings: &Settings, log: &Logger) -> ExitCode {
    end(release::run(settings, log, &mut io::stdout()))
}

/// Runs `autorisen user …`.
pub(crate) fn users(command: UserCommand, settings: &Settings, log: &Logger) -> ExitCode {
    let existing = match command {
        UserCommand::Create(_) => Existing::MadeIfMissing,
        _ => Existing::Required,
    };
    end(over_app(existing, settings, log, async |app| {
        users::run(command, &app.administration, &mut io::stdout()).await
    }))
}

/// Runs `autorisen keys …`.
pub(crate) fn keys(command: &KeysCommand, settings: &Settings, log: &Logger) -> ExitCode {
    end(over_app(Existing::Required, settings, log, async |app| {
        keys::run(command, &app.services.keys, &mut io::stdout()).await
    }))
}

/// Runs `autorisen audit …`.
pub(crate) fn audit(command: &AuditCommand, settings: &Settings, log: &Logger) -> ExitCode {
    end(over_app(Existing::Required, settings, log, async |app| {
        audit::run(command, &app.audit, &mut io::stdout().lock()).await
    }))
}

/// Runs `autorisen analytics …`.
pub(crate) fn analytics(command: &AnalyticsCommand, settings: &Settings, log: &Logger) -> ExitCode {
    end(over_app(Existing::Required, settings, log, async |app| {
        analytics::run(command, &app.services.analytics, &mut io::stdout().lock()).await
    }))
}

/// Runs `autorisen db …`.
pub(crate) fn db(command: &DbCommand, settings: &Settings) -> ExitCode {
    end(db::run(command, settings, &mut io::stdout()).or_else(db::refused))
}

/// Runs `autorisen backup …`.
pub(crate) fn backup(command: &Backup, settings: &Settings) -> ExitCode {
    end(backup::backup(command, settings, &mut io::stdout()).or_else(db::refused))
}

/// Runs `autorisen restore …`.
pub(crate) fn restore(command: &Restore, settings: &Settings) -> ExitCode {
    end(backup::restore(command, settings, &mut io::stdout()).or_else(db::refused))
}

/// Runs `autorisen openapi`.
pub(crate) fn openapi() -> ExitCode {
    let print = || {
        let document = serde_json::to_string_pretty(&autorisen_http::document())?;
        writeln!(io::stdout().lock(), "{document}")?;
        Ok(ExitCode::Success)
    };
    end(print())
}

/// Runs `autorisen import …`.
pub(crate) fn import(command: &ImportCommand, settings: &Settings, log: &Logger) -> ExitCode {
    end(import::run(command, settings, log, &mut io::stdout()))
}

/// Runs `autorisen dev …`.
pub(crate) fn dev(command: &DevCommand) -> ExitCode {
    end(dev::run(command, &mut io::stdout()))
}

/// Whether a SQLite file must be there already. In a wrong folder none is, and making one would hide that.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Existing {
    Required,
    MadeIfMissing,
}

/// Does something with a database that has the tables of this version.
fn over_app(
    existing: Existing,
    settings: &Settings,
    log: &Logger,
    work: impl AsyncFnOnce(&App) -> Result<ExitCode, Failure>,
) -> Result<ExitCode, Failure> {
    if let (Existing::Required, Some(path)) = (existing, settings.database.url.file())
        && !path.exists()
    {
        return Err(format!("there is no database at {}", path.display()).into());
    }
    if settings.database.migrate {
        schema::ensure(&settings.database.url, log)?;
    }
    actix_web::rt::System::new().block_on(async {
        let app = wiring::build(settings, None, log)?;
        schema::require(&app.db).await?;
        let ended = work(&app).await;
        app.db.shutdown();
        ended
    })
}

fn end(result: Result<ExitCode, Failure>) -> ExitCode {
    result.unwrap_or_else(|error| {
        eprintln!("autorisen: {}", Chain(&*error));
        ExitCode::Failed
    })
}
